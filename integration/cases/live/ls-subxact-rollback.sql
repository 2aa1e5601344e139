-- Of savepoints and exception blocks only the surviving rows arrive.
-- phases: init, live
-- requires: live
-- caught-by: lossy:rolled-back-rows-kept finds row public.t
create table t (id int primary key, note text);
create table bag (note text);
insert into t values (1, 'first'), (2, 'second'), (3, 'third');
-- @premise
select count(*) = 3 from t;
-- @live single
insert into t values (10, 'kept');
savepoint a;
insert into t values (11, 'rolled back');
update t set note = 'rolled back' where id = 1;
delete from t where id = 2;
savepoint b;
insert into t values (12, 'rolled back with its parent');
release savepoint b;
rollback to savepoint a;
insert into t values (11, 'kept');
savepoint c;
truncate t;
rollback to savepoint c;
savepoint d;
update t set note = 'third, kept' where id = 3;
release savepoint d;
-- @live
-- Every third of 10 000 blocks fails after it has written. More than 64 subtransactions of one
-- transaction no longer fit the shared cache, and their assignment records are logged by the way.
do $$
begin
    for i in 1 .. 10000 loop
        begin
            insert into t values (1000 + i, 'block');
            insert into bag values ('block ' || i % 7);
            if i % 3 = 0 then
                raise exception 'undo';
            end if;
        exception when raise_exception then
            null;
        end;
    end loop;
end $$;
-- Nested: the inner block survives within an outer one that does not, and the other way round.
do $$
begin
    begin
        insert into t values (20, 'outer, lost');
        begin
            insert into t values (21, 'inner of a lost outer');
        exception when others then
            null;
        end;
        raise exception 'undo';
    exception when raise_exception then
        insert into t values (22, 'handler, kept');
    end;
    begin
        insert into t values (23, 'outer, kept');
        begin
            insert into t values (23, 'a duplicate key');
        exception when unique_violation then
            update t set note = note || ', by the handler' where id = 23;
        end;
    end;
end $$;
-- @live single
-- A transaction of which nothing survives but the commit.
savepoint a;
insert into t values (30, 'rolled back');
insert into bag values ('rolled back');
rollback to savepoint a;
-- @holds
select array_agg(id order by id) = '{1,2,3,10,11,22,23}' from t where id < 1000;
select count(*) = 6667 from t where id > 1000;
select count(*) = 6667 and bool_and(note ~ '^block') from bag;
select note = 'first' from t where id = 1;
