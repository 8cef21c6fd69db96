-- The three roles of Parvis and what each may do in the current database.
--
-- A server's operator runs it once per database, as a superuser or as the role that created the database:
--
--     createdb parvis
--     psql --dbname parvis --file config/postgresql/roles.sql
--     psql --dbname parvis --command '\password parvis_app'      (and the two others)
--
-- The embedded server runs the same file. It can be run again at any time.
--
--     parvis_owner      migrations: owns the database, the schema and every table
--     parvis_app        web and worker: reads and writes rows, under row-level security
--     parvis_operator   command line: creates and closes tenants, audited
--
-- None is a superuser and none bypasses row-level security; policies tell them apart.

DO $$
DECLARE
    wanted text;
    unsafe text;
BEGIN
    FOREACH wanted IN ARRAY ARRAY['parvis_owner', 'parvis_app', 'parvis_operator'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted) THEN
            EXECUTE format(
                'CREATE ROLE %I LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE NOREPLICATION', wanted
            );
        END IF;
    END LOOP;

    -- A role that existed before may have been given too much; only its administrator can decide to take that back.
    SELECT string_agg(rolname, ', ' ORDER BY rolname) INTO unsafe
    FROM pg_roles
    WHERE rolname IN ('parvis_owner', 'parvis_app', 'parvis_operator') AND (rolsuper OR rolbypassrls);
    IF unsafe IS NOT NULL THEN
        RAISE EXCEPTION 'roles that are superuser or bypass row-level security: %', unsafe
            USING HINT = 'ALTER ROLE … NOSUPERUSER NOBYPASSRLS, then run this file again.';
    END IF;

    -- Hosted servers give no superuser: whoever hands objects over must be a member of the role that receives them.
    IF NOT pg_has_role(current_user, 'parvis_owner', 'USAGE') THEN
        EXECUTE format('GRANT parvis_owner TO %I', current_user);
    END IF;

    EXECUTE format('ALTER DATABASE %I OWNER TO parvis_owner', current_database());
    EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO parvis_app, parvis_operator', current_database());
END
$$;

ALTER SCHEMA public OWNER TO parvis_owner;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO parvis_app, parvis_operator;

-- Tables to come; migrations take back what a role must not do on a given table.
ALTER DEFAULT PRIVILEGES FOR ROLE parvis_owner IN SCHEMA public
    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO parvis_app, parvis_operator;
ALTER DEFAULT PRIVILEGES FOR ROLE parvis_owner IN SCHEMA public
    GRANT USAGE ON SEQUENCES TO parvis_app, parvis_operator;
