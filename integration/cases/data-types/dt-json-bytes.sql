-- json arrives byte for byte: whitespace, duplicate keys, their order, spelling of numbers and escapes.
-- phases: init, live
-- caught-by: lossy:reserialised-json finds row public.t
create table t (id int primary key, v json);
insert into t values
    (1, e'{ "b" : 1,\n\t"a":2 ,"b"  :  3 }'),
    (2, '1.0'),
    (3, '1.00'),
    (4, '[1e2, 100, 1E+2, -0, 12345678901234567890.123456789012345678901234567890]'),
    (5, '["\u00e9", "é", "\/", "/", "\u0041", "A", "\ud83d\ude00", "\\u0041"]'),
    (6, '  {}  '),
    (7, '{ }'),
    (8, '{"": "", "null": null, "x": {"x": {"x": []}}}'),
    (9, '{"a\nb": "\"quoted\", ''single'', \\.", "tab": "\t"}');
insert into t select id + 10, '1' from t;
insert into t select id + 20, v from t where id < 10;
-- @premise
select v::text = e'{ "b" : 1,\n\t"a":2 ,"b"  :  3 }' and v::text <> v::jsonb::text from t where id = 1;
select count(distinct v::text) = 9 and count(distinct octet_length(v::text)) > 6 from t where id < 10;
-- @live
insert into t select id + 30, v from t where id < 10;
update t set v = s.v from t s where s.id < 10 and t.id = s.id + 10;
delete from t where id between 21 and 29;
