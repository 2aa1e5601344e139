-- char(n) keeps its padding, varchar and text the trailing blanks that were typed.
-- phases: init, live
-- caught-by: lossy:trimmed-char finds row public.t
create table t (id int primary key, c char(5), b bpchar, v varchar(5), s text);
insert into t values
    (1, 'ab', 'ab', 'ab', 'ab'),
    (2, 'ab   ', 'ab   ', 'ab   ', 'ab   '),
    (3, '', '', '', ''),
    (4, '     ', '  ', '  ', '  '),
    (5, null, null, null, null),
    (6, 'éé', 'é ', 'é ', e'\t \n'),
    (7, '  ab', '  ab ', '  ab ', '  ab ');
insert into t select id + 10, 'ab  ', 'ab  ', 'ab  ', 'ab  ' from t;
insert into t select id + 20, c, b, v, s from t where id < 10;

create table keyed (c char(5) primary key, n int);
insert into keyed values ('ab', 0), ('', 0), ('abcde', 0), ('x', 0);
-- @premise
select octet_length(c) = 5 and octet_length(b) = 2 and octet_length(s) = 2 from t where id = 1;
select octet_length(c) = 5 and octet_length(b) = 5 and octet_length(v) = 5 and octet_length(s) = 5 from t where id = 2;
select octet_length(c) = 5 and octet_length(b) = 0 from t where id = 3;
select octet_length(c) = 7 from t where id = 6;
-- @live
insert into t select id + 30, c, b, v, s from t where id < 10;
update t set c = o.c, b = o.b, v = o.v, s = o.s from t o where o.id < 10 and t.id = o.id + 10;
delete from t where id between 21 and 29;
update keyed set n = 1 where c in ('ab', '');
delete from keyed where c = 'x';
insert into keyed values ('y', 1);
