--
-- PostgreSQL database dump
--



SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

--
-- Name: procrastinate_job_event_type; Type: TYPE; Schema: public; Owner: -
--

CREATE TYPE public.procrastinate_job_event_type AS ENUM (
    'deferred',
    'started',
    'deferred_for_retry',
    'failed',
    'succeeded',
    'cancelled',
    'abort_requested',
    'aborted',
    'scheduled',
    'retried'
);


--
-- Name: procrastinate_job_status; Type: TYPE; Schema: public; Owner: -
--

CREATE TYPE public.procrastinate_job_status AS ENUM (
    'todo',
    'doing',
    'succeeded',
    'failed',
    'cancelled',
    'aborting',
    'aborted'
);


--
-- Name: procrastinate_job_to_defer_v1; Type: TYPE; Schema: public; Owner: -
--

CREATE TYPE public.procrastinate_job_to_defer_v1 AS (
	queue_name character varying,
	task_name character varying,
	priority integer,
	lock text,
	queueing_lock text,
	args jsonb,
	scheduled_at timestamp with time zone
);


--
-- Name: procrastinate_cancel_job_v1(bigint, boolean, boolean); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.procrastinate_cancel_job_v1(job_id bigint, abort boolean, delete_job boolean) RETURNS bigint
    LANGUAGE plpgsql
    AS $$
DECLARE
    _job_id bigint;
BEGIN
    IF delete_job THEN
        DELETE FROM procrastinate_jobs
        WHERE id = job_id AND status = 'todo'
        RETURNING id INTO _job_id;
    END IF;
    IF _job_id IS NULL THEN
        IF abort THEN
            UPDATE procrastinate_jobs
            SET abort_requested = true,
                status = CASE status
                    WHEN 'todo' THEN 'cancelled'::procrastinate_job_status ELSE status
                END
            WHERE id = job_id AND status IN ('todo', 'doing')
            RETURNING id INTO _job_id;
        ELSE
            UPDATE procrastinate_jobs
            SET status = 'cancelled'::procrastinate_job_status
            WHERE id = job_id AND status = 'todo'
            RETURNING id INTO _job_id;
        END IF;
    END IF;
    RETURN _job_id;
END;
$$;


--
-- Name: procrastinate_defer_jobs_v1(public.procrastinate_job_to_defer_v1[]); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.procrastinate_defer_jobs_v1(jobs public.procrastinate_job_to_defer_v1[]) RETURNS bigint[]
    LANGUAGE plpgsql
    AS $$
DECLARE
    job_ids bigint[];
BEGIN
    WITH inserted_jobs AS (
        INSERT INTO procrastinate_jobs (queue_name, task_name, priority, lock, queueing_lock, args, scheduled_at)
        SELECT (job).queue_name,
               (job).task_name,
               (job).priority,
               (job).lock,
               (job).queueing_lock,
               (job).args,
               (job).scheduled_at
        FROM unnest(jobs) AS job
        RETURNING id
    )
    SELECT array_agg(id) FROM inserted_jobs INTO job_ids;

    RETURN job_ids;
END;
$$;


--
-- Name: procrastinate_defer_periodic_job_v2(character varying, character varying, character varying, character varying, integer, character varying, bigint, jsonb); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.procrastinate_defer_periodic_job_v2(_queue_name character varying, _lock character varying, _queueing_lock character varying, _task_name character varying, _priority integer, _periodic_id character varying, _defer_timestamp bigint, _args jsonb) RETURNS bigint
    LANGUAGE plpgsql
    AS $$
DECLARE
	_job_id bigint;
	_defer_id bigint;
BEGIN
    INSERT
        INTO procrastinate_periodic_defers (task_name, periodic_id, defer_timestamp)
        VALUES (_task_name, _periodic_id, _defer_timestamp)
        ON CONFLICT DO NOTHING
        RETURNING id into _defer_id;

    IF _defer_id IS NULL THEN
        RETURN NULL;
    END IF;

    UPDATE procrastinate_periodic_defers
        SET job_id = (
            SELECT COALESCE((
                SELECT unnest(procrastinate_defer_jobs_v1(
                    ARRAY[
                        ROW(
                            _queue_name,
                            _task_name,
                            _priority,
                            _lock,
                            _queueing_lock,
                            _args,
                            NULL::timestamptz
                        )
                    ]::procrastinate_job_to_defer_v1[]
                ))
            ), NULL)
        )
        WHERE id = _defer_id
        RETURNING job_id INTO _job_id;

    DELETE
        FROM procrastinate_periodic_defers
        USING (
            SELECT id
            FROM procrastinate_periodic_defers
            WHERE procrastinate_periodic_defers.task_name = _task_name
            AND procrastinate_periodic_defers.periodic_id = _periodic_id
            AND procrastinate_periodic_defers.defer_timestamp < _defer_timestamp
            ORDER BY id
            FOR UPDATE
        ) to_delete
        WHERE procrastinate_periodic_defers.id = to_delete.id;

    RETURN _job_id;
END;
$$;


SET default_tablespace = '';

SET default_table_access_method = heap;

--
-- Name: procrastinate_jobs; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.procrastinate_jobs (
    id bigint NOT NULL,
    queue_name character varying(128) NOT NULL,
    task_name character varying(128) NOT NULL,
    lock text,
    args jsonb DEFAULT '{}'::jsonb NOT NULL,
    status public.procrastinate_job_status DEFAULT 'todo'::public.procrastinate_job_status NOT NULL,
    scheduled_at timestamp with time zone,
    attempts integer DEFAULT 0 NOT NULL,
    queueing_lock text,
    priority integer DEFAULT 0 NOT NULL,
    abort_requested boolean DEFAULT false NOT NULL,
    worker_id bigint,
    CONSTRAINT check_not_todo_abort_requested CHECK ((NOT ((status = 'todo'::public.procrastinate_job_status) AND (abort_requested = true))))
);


--
-- Name: procrastinate_fetch_job_v2(character varying[], bigint); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.procrastinate_fetch_job_v2(target_queue_names character varying[], p_worker_id bigint) RETURNS public.procrastinate_jobs
    LANGUAGE plpgsql
    AS $$
DECLARE
	found_jobs procrastinate_jobs;
BEGIN
    WITH candidate AS (
        SELECT jobs.*
            FROM procrastinate_jobs AS jobs
            WHERE
                -- reject the job if its lock has earlier or higher priority jobs
                NOT EXISTS (
                    SELECT 1
                        FROM procrastinate_jobs AS other_jobs
                        WHERE
                            jobs.lock IS NOT NULL
                            AND other_jobs.lock = jobs.lock
                            AND (
                                -- job with same lock is already running
                                other_jobs.status = 'doing'
                                OR
                                -- job with same lock is waiting and has higher priority (or same priority but was queued first)
                                (
                                    other_jobs.status = 'todo'
                                    AND (
                                        other_jobs.priority > jobs.priority
                                        OR (
                                        other_jobs.priority = jobs.priority
                                        AND other_jobs.id < jobs.id
                                        )
                                    )
                                )
                            )
                )
                AND jobs.status = 'todo'
                AND (target_queue_names IS NULL OR jobs.queue_name = ANY( target_queue_names ))
                AND (jobs.scheduled_at IS NULL OR jobs.scheduled_at <= now())
            ORDER BY jobs.priority DESC, jobs.id ASC LIMIT 1
            FOR UPDATE OF jobs SKIP LOCKED
    )
    UPDATE procrastinate_jobs
        SET status = 'doing', worker_id = p_worker_id
        FROM candidate
        WHERE procrastinate_jobs.id = candidate.id
        RETURNING procrastinate_jobs.* INTO found_jobs;

 RETURN found_jobs;
END;
$$;


--
-- Name: procrastinate_finish_job_v1(bigint, public.procrastinate_job_status, boolean); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.procrastinate_finish_job_v1(job_id bigint, end_status public.procrastinate_job_status, delete_job boolean) RETURNS void
    LANGUAGE plpgsql
    AS $$
DECLARE
    _job_id bigint;
BEGIN
    IF end_status NOT IN ('succeeded', 'failed', 'aborted') THEN
        RAISE 'End status should be either "succeeded", "failed" or "aborted" (job id: %)', job_id;
    END IF;
    IF delete_job THEN
        DELETE FROM procrastinate_jobs
        WHERE id = job_id AND status IN ('todo', 'doing')
        RETURNING id INTO _job_id;
    ELSE
        UPDATE procrastinate_jobs
        SET status = end_status,
            abort_requested = false,
            attempts = CASE status
                WHEN 'doing' THEN attempts + 1 ELSE attempts
            END
        WHERE id = job_id AND status IN ('todo', 'doing')
        RETURNING id INTO _job_id;
    END IF;
    IF _job_id IS NULL THEN
        RAISE 'Job was not found or not in "doing" or "todo" status (job id: %)', job_id;
    END IF;
END;
$$;


--
-- Name: procrastinate_notify_queue_abort_job_v1(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.procrastinate_notify_queue_abort_job_v1() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
DECLARE
    payload TEXT;
BEGIN
    SELECT json_build_object('type', 'abort_job_requested', 'job_id', NEW.id)::text INTO payload;
	PERFORM pg_notify('procrastinate_queue_v1#' || NEW.queue_name, payload);
	PERFORM pg_notify('procrastinate_any_queue_v1', payload);
	RETURN NEW;
END;
$$;


--
-- Name: procrastinate_notify_queue_job_inserted_v1(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.procrastinate_notify_queue_job_inserted_v1() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
DECLARE
    payload TEXT;
BEGIN
    SELECT json_build_object('type', 'job_inserted', 'job_id', NEW.id)::text INTO payload;
	PERFORM pg_notify('procrastinate_queue_v1#' || NEW.queue_name, payload);
	PERFORM pg_notify('procrastinate_any_queue_v1', payload);
	RETURN NEW;
END;
$$;


--
-- Name: procrastinate_prune_stalled_workers_v1(double precision); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.procrastinate_prune_stalled_workers_v1(seconds_since_heartbeat double precision) RETURNS TABLE(worker_id bigint)
    LANGUAGE plpgsql
    AS $$
BEGIN
    RETURN QUERY
    DELETE FROM procrastinate_workers
    WHERE last_heartbeat < NOW() - (seconds_since_heartbeat || 'SECOND')::INTERVAL
    RETURNING procrastinate_workers.id;
END;
$$;


--
-- Name: procrastinate_register_worker_v1(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.procrastinate_register_worker_v1() RETURNS TABLE(worker_id bigint)
    LANGUAGE plpgsql
    AS $$
BEGIN
    RETURN QUERY
    INSERT INTO procrastinate_workers DEFAULT VALUES
    RETURNING procrastinate_workers.id;
END;
$$;


--
-- Name: procrastinate_retry_job_v1(bigint, timestamp with time zone, integer, character varying, character varying); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.procrastinate_retry_job_v1(job_id bigint, retry_at timestamp with time zone, new_priority integer, new_queue_name character varying, new_lock character varying) RETURNS void
    LANGUAGE plpgsql
    AS $$
DECLARE
    _job_id bigint;
    _abort_requested boolean;
BEGIN
    SELECT abort_requested FROM procrastinate_jobs
    WHERE id = job_id AND status = 'doing'
    FOR UPDATE
    INTO _abort_requested;
    IF _abort_requested THEN
        UPDATE procrastinate_jobs
        SET status = 'failed'::procrastinate_job_status
        WHERE id = job_id AND status = 'doing'
        RETURNING id INTO _job_id;
    ELSE
        UPDATE procrastinate_jobs
        SET status = 'todo'::procrastinate_job_status,
            attempts = attempts + 1,
            scheduled_at = retry_at,
            priority = COALESCE(new_priority, priority),
            queue_name = COALESCE(new_queue_name, queue_name),
            lock = COALESCE(new_lock, lock)
        WHERE id = job_id AND status = 'doing'
        RETURNING id INTO _job_id;
    END IF;

    IF _job_id IS NULL THEN
        RAISE 'Job was not found or not in "doing" status (job id: %)', job_id;
    END IF;
END;
$$;


--
-- Name: procrastinate_retry_job_v2(bigint, timestamp with time zone, integer, character varying, character varying); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.procrastinate_retry_job_v2(job_id bigint, retry_at timestamp with time zone, new_priority integer, new_queue_name character varying, new_lock character varying) RETURNS void
    LANGUAGE plpgsql
    AS $$
DECLARE
    _job_id bigint;
    _abort_requested boolean;
    _current_status procrastinate_job_status;
BEGIN
    SELECT status, abort_requested FROM procrastinate_jobs
    WHERE id = job_id AND status IN ('doing', 'failed')
    FOR UPDATE
    INTO _current_status, _abort_requested;
    IF _current_status = 'doing' AND _abort_requested THEN
        UPDATE procrastinate_jobs
        SET status = 'failed'::procrastinate_job_status
        WHERE id = job_id AND status = 'doing'
        RETURNING id INTO _job_id;
    ELSE
        UPDATE procrastinate_jobs
        SET status = 'todo'::procrastinate_job_status,
            attempts = attempts + 1,
            scheduled_at = retry_at,
            priority = COALESCE(new_priority, priority),
            queue_name = COALESCE(new_queue_name, queue_name),
            lock = COALESCE(new_lock, lock)
        WHERE id = job_id AND status IN ('doing', 'failed')
        RETURNING id INTO _job_id;
    END IF;

    IF _job_id IS NULL THEN
        RAISE 'Job was not found or has an invalid status to retry (job id: %)', job_id;
    END IF;

END;
$$;


--
-- Name: procrastinate_trigger_abort_requested_events_procedure_v1(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.procrastinate_trigger_abort_requested_events_procedure_v1() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    INSERT INTO procrastinate_events(job_id, type)
        VALUES (NEW.id, 'abort_requested'::procrastinate_job_event_type);
    RETURN NEW;
END;
$$;


--
-- Name: procrastinate_trigger_function_scheduled_events_v1(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.procrastinate_trigger_function_scheduled_events_v1() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    INSERT INTO procrastinate_events(job_id, type, at)
        VALUES (NEW.id, 'scheduled'::procrastinate_job_event_type, NEW.scheduled_at);

	RETURN NEW;
END;
$$;


--
-- Name: procrastinate_trigger_function_status_events_insert_v1(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.procrastinate_trigger_function_status_events_insert_v1() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    INSERT INTO procrastinate_events(job_id, type)
        VALUES (NEW.id, 'deferred'::procrastinate_job_event_type);
	RETURN NEW;
END;
$$;


--
-- Name: procrastinate_trigger_function_status_events_update_v1(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.procrastinate_trigger_function_status_events_update_v1() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    WITH t AS (
        SELECT CASE
            WHEN OLD.status = 'todo'::procrastinate_job_status
                AND NEW.status = 'doing'::procrastinate_job_status
                THEN 'started'::procrastinate_job_event_type
            WHEN OLD.status = 'doing'::procrastinate_job_status
                AND NEW.status = 'todo'::procrastinate_job_status
                THEN 'deferred_for_retry'::procrastinate_job_event_type
            WHEN OLD.status = 'doing'::procrastinate_job_status
                AND NEW.status = 'failed'::procrastinate_job_status
                THEN 'failed'::procrastinate_job_event_type
            WHEN OLD.status = 'doing'::procrastinate_job_status
                AND NEW.status = 'succeeded'::procrastinate_job_status
                THEN 'succeeded'::procrastinate_job_event_type
            WHEN OLD.status = 'todo'::procrastinate_job_status
                AND (
                    NEW.status = 'cancelled'::procrastinate_job_status
                    OR NEW.status = 'failed'::procrastinate_job_status
                    OR NEW.status = 'succeeded'::procrastinate_job_status
                )
                THEN 'cancelled'::procrastinate_job_event_type
            WHEN OLD.status = 'doing'::procrastinate_job_status
                AND NEW.status = 'aborted'::procrastinate_job_status
                THEN 'aborted'::procrastinate_job_event_type
            WHEN OLD.status = 'failed'::procrastinate_job_status
                AND NEW.status = 'todo'::procrastinate_job_status
                THEN 'retried'::procrastinate_job_event_type
            ELSE NULL
        END as event_type
    )
    INSERT INTO procrastinate_events(job_id, type)
        SELECT NEW.id, t.event_type
        FROM t
        WHERE t.event_type IS NOT NULL;
	RETURN NEW;
END;
$$;


--
-- Name: procrastinate_unlink_periodic_defers_v1(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.procrastinate_unlink_periodic_defers_v1() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    UPDATE procrastinate_periodic_defers
    SET job_id = NULL
    WHERE job_id = OLD.id;
    RETURN OLD;
END;
$$;


--
-- Name: procrastinate_unregister_worker_v1(bigint); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.procrastinate_unregister_worker_v1(worker_id bigint) RETURNS void
    LANGUAGE plpgsql
    AS $$
BEGIN
    DELETE FROM procrastinate_workers
    WHERE id = worker_id;
END;
$$;


--
-- Name: procrastinate_update_heartbeat_v1(bigint); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.procrastinate_update_heartbeat_v1(worker_id bigint) RETURNS void
    LANGUAGE plpgsql
    AS $$
BEGIN
    UPDATE procrastinate_workers
    SET last_heartbeat = NOW()
    WHERE id = worker_id;
END;
$$;


--
-- Name: auth_group; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.auth_group (
    id integer NOT NULL,
    name character varying(150) NOT NULL
);


--
-- Name: auth_group_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

ALTER TABLE public.auth_group ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.auth_group_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: auth_group_permissions; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.auth_group_permissions (
    id bigint NOT NULL,
    group_id integer NOT NULL,
    permission_id integer NOT NULL
);


--
-- Name: auth_group_permissions_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

ALTER TABLE public.auth_group_permissions ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.auth_group_permissions_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: auth_permission; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.auth_permission (
    id integer NOT NULL,
    name character varying(255) NOT NULL,
    content_type_id integer NOT NULL,
    codename character varying(100) NOT NULL
);


--
-- Name: auth_permission_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

ALTER TABLE public.auth_permission ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.auth_permission_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: auth_user; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.auth_user (
    id integer NOT NULL,
    password character varying(128) NOT NULL,
    last_login timestamp with time zone,
    is_superuser boolean NOT NULL,
    username character varying(150) NOT NULL,
    first_name character varying(150) NOT NULL,
    last_name character varying(150) NOT NULL,
    email character varying(254) NOT NULL,
    is_staff boolean NOT NULL,
    is_active boolean NOT NULL,
    date_joined timestamp with time zone NOT NULL
);


--
-- Name: auth_user_groups; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.auth_user_groups (
    id bigint NOT NULL,
    user_id integer NOT NULL,
    group_id integer NOT NULL
);


--
-- Name: auth_user_groups_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

ALTER TABLE public.auth_user_groups ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.auth_user_groups_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: auth_user_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

ALTER TABLE public.auth_user ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.auth_user_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: auth_user_user_permissions; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.auth_user_user_permissions (
    id bigint NOT NULL,
    user_id integer NOT NULL,
    permission_id integer NOT NULL
);


--
-- Name: auth_user_user_permissions_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

ALTER TABLE public.auth_user_user_permissions ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.auth_user_user_permissions_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: axes_accessattempt; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.axes_accessattempt (
    id integer NOT NULL,
    user_agent character varying(255) NOT NULL,
    ip_address inet,
    username character varying(255),
    http_accept character varying(1025) NOT NULL,
    path_info character varying(255) NOT NULL,
    attempt_time timestamp with time zone NOT NULL,
    get_data text NOT NULL,
    post_data text NOT NULL,
    failures_since_start integer NOT NULL,
    CONSTRAINT axes_accessattempt_failures_since_start_check CHECK ((failures_since_start >= 0))
);


--
-- Name: axes_accessattempt_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

ALTER TABLE public.axes_accessattempt ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.axes_accessattempt_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: axes_accessattemptexpiration; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.axes_accessattemptexpiration (
    access_attempt_id integer NOT NULL,
    expires_at timestamp with time zone NOT NULL
);


--
-- Name: axes_accessfailurelog; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.axes_accessfailurelog (
    id integer NOT NULL,
    user_agent character varying(255) NOT NULL,
    ip_address inet,
    username character varying(255),
    http_accept character varying(1025) NOT NULL,
    path_info character varying(255) NOT NULL,
    attempt_time timestamp with time zone NOT NULL,
    locked_out boolean NOT NULL
);


--
-- Name: axes_accessfailurelog_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

ALTER TABLE public.axes_accessfailurelog ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.axes_accessfailurelog_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: axes_accesslog; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.axes_accesslog (
    id integer NOT NULL,
    user_agent character varying(255) NOT NULL,
    ip_address inet,
    username character varying(255),
    http_accept character varying(1025) NOT NULL,
    path_info character varying(255) NOT NULL,
    attempt_time timestamp with time zone NOT NULL,
    logout_time timestamp with time zone,
    session_hash character varying(64) NOT NULL
);


--
-- Name: axes_accesslog_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

ALTER TABLE public.axes_accesslog ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.axes_accesslog_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: django_admin_log; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.django_admin_log (
    id integer NOT NULL,
    action_time timestamp with time zone NOT NULL,
    object_id text,
    object_repr character varying(200) NOT NULL,
    action_flag smallint NOT NULL,
    change_message text NOT NULL,
    content_type_id integer,
    user_id integer NOT NULL,
    CONSTRAINT django_admin_log_action_flag_check CHECK ((action_flag >= 0))
);


--
-- Name: django_admin_log_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

ALTER TABLE public.django_admin_log ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.django_admin_log_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: django_content_type; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.django_content_type (
    id integer NOT NULL,
    app_label character varying(100) NOT NULL,
    model character varying(100) NOT NULL
);


--
-- Name: django_content_type_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

ALTER TABLE public.django_content_type ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.django_content_type_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: django_migrations; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.django_migrations (
    id bigint NOT NULL,
    app character varying(255) NOT NULL,
    name character varying(255) NOT NULL,
    applied timestamp with time zone NOT NULL
);


--
-- Name: django_migrations_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

ALTER TABLE public.django_migrations ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.django_migrations_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: django_session; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.django_session (
    session_key character varying(40) NOT NULL,
    session_data text NOT NULL,
    expire_date timestamp with time zone NOT NULL
);


--
-- Name: procrastinate_events; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.procrastinate_events (
    id bigint NOT NULL,
    job_id bigint NOT NULL,
    type public.procrastinate_job_event_type,
    at timestamp with time zone DEFAULT now()
);


--
-- Name: procrastinate_events_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

CREATE SEQUENCE public.procrastinate_events_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


--
-- Name: procrastinate_events_id_seq; Type: SEQUENCE OWNED BY; Schema: public; Owner: -
--

ALTER SEQUENCE public.procrastinate_events_id_seq OWNED BY public.procrastinate_events.id;


--
-- Name: procrastinate_jobs_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

CREATE SEQUENCE public.procrastinate_jobs_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


--
-- Name: procrastinate_jobs_id_seq; Type: SEQUENCE OWNED BY; Schema: public; Owner: -
--

ALTER SEQUENCE public.procrastinate_jobs_id_seq OWNED BY public.procrastinate_jobs.id;


--
-- Name: procrastinate_periodic_defers; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.procrastinate_periodic_defers (
    id bigint NOT NULL,
    task_name character varying(128) NOT NULL,
    defer_timestamp bigint,
    job_id bigint,
    periodic_id character varying(128) DEFAULT ''::character varying NOT NULL
);


--
-- Name: procrastinate_periodic_defers_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

CREATE SEQUENCE public.procrastinate_periodic_defers_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


--
-- Name: procrastinate_periodic_defers_id_seq; Type: SEQUENCE OWNED BY; Schema: public; Owner: -
--

ALTER SEQUENCE public.procrastinate_periodic_defers_id_seq OWNED BY public.procrastinate_periodic_defers.id;


--
-- Name: procrastinate_workers; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.procrastinate_workers (
    id bigint NOT NULL,
    last_heartbeat timestamp with time zone DEFAULT now() NOT NULL
);


--
-- Name: procrastinate_workers_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

ALTER TABLE public.procrastinate_workers ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.procrastinate_workers_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: runs_deliveriespruned; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.runs_deliveriespruned (
    app_id character varying(64) NOT NULL,
    before character varying(48) NOT NULL
);


--
-- Name: runs_delivery; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.runs_delivery (
    run_id character varying(48) NOT NULL,
    method text NOT NULL,
    path text NOT NULL,
    path_params jsonb NOT NULL,
    query_string text NOT NULL,
    headers jsonb NOT NULL,
    client text NOT NULL,
    body bytea NOT NULL
);


--
-- Name: runs_executor; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.runs_executor (
    id bigint NOT NULL,
    host character varying(255) NOT NULL,
    pid integer NOT NULL,
    started_at timestamp with time zone NOT NULL,
    fencing smallint DEFAULT 0 NOT NULL,
    CONSTRAINT runs_executor_fencing_check CHECK ((fencing >= 0)),
    CONSTRAINT runs_executor_pid_check CHECK ((pid >= 0))
);


--
-- Name: runs_executor_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

ALTER TABLE public.runs_executor ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.runs_executor_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: runs_retentionclock; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.runs_retentionclock (
    id bigint NOT NULL,
    clock_seen timestamp with time zone NOT NULL,
    waited double precision NOT NULL,
    accepted boolean NOT NULL
);


--
-- Name: runs_retentionclock_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

ALTER TABLE public.runs_retentionclock ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.runs_retentionclock_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: runs_run; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.runs_run (
    id character varying(48) NOT NULL,
    app_id character varying(64) NOT NULL,
    source_id bigint,
    workflow character varying(100) NOT NULL,
    options jsonb NOT NULL,
    timeout double precision NOT NULL,
    status character varying(12) NOT NULL,
    attempt smallint NOT NULL,
    executor_id bigint NOT NULL,
    created_at timestamp with time zone NOT NULL,
    started_at timestamp with time zone,
    finished_at timestamp with time zone,
    duration double precision,
    events integer NOT NULL,
    cancel_requested boolean DEFAULT false NOT NULL,
    error_type text DEFAULT ''::text NOT NULL,
    error_message text DEFAULT ''::text NOT NULL,
    traceback text DEFAULT ''::text NOT NULL,
    engine character varying(16) DEFAULT 'local'::character varying NOT NULL,
    fingerprint character varying(32) DEFAULT ''::character varying NOT NULL,
    idempotency_key character varying(32),
    key_expires_at timestamp with time zone,
    replay_of character varying(48) DEFAULT ''::character varying NOT NULL,
    lease bigint DEFAULT 1 NOT NULL,
    retries smallint DEFAULT 0 NOT NULL,
    crashes smallint DEFAULT 0 NOT NULL,
    CONSTRAINT runs_run_attempt_check CHECK ((attempt >= 0)),
    CONSTRAINT runs_run_crashes_check CHECK ((crashes >= 0)),
    CONSTRAINT runs_run_events_check CHECK ((events >= 0)),
    CONSTRAINT runs_run_retries_check CHECK ((retries >= 0))
);


--
-- Name: runs_segment; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.runs_segment (
    run_id character varying(48) NOT NULL,
    last integer NOT NULL,
    first integer NOT NULL,
    at timestamp with time zone NOT NULL,
    data text NOT NULL,
    CONSTRAINT runs_segment_first_check CHECK ((first >= 0)),
    CONSTRAINT runs_segment_last_check CHECK ((last >= 0))
);


--
-- Name: runs_tally; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.runs_tally (
    span integer NOT NULL,
    at bigint NOT NULL,
    source_id bigint NOT NULL,
    app_id character varying(64) NOT NULL,
    kind character varying(48) NOT NULL,
    count bigint NOT NULL,
    CONSTRAINT runs_tally_span_check CHECK ((span >= 0))
);


--
-- Name: sinks_apitoken; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.sinks_apitoken (
    id bigint NOT NULL,
    name character varying(200) NOT NULL,
    digest character varying(64) NOT NULL,
    hint character varying(8) NOT NULL,
    scopes jsonb NOT NULL,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone,
    last_used_at timestamp with time zone,
    app_id bigint,
    user_id integer NOT NULL
);


--
-- Name: sinks_apitoken_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

ALTER TABLE public.sinks_apitoken ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.sinks_apitoken_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: sinks_app; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.sinks_app (
    id bigint NOT NULL,
    app_id character varying(64) NOT NULL,
    name character varying(200) NOT NULL,
    active boolean NOT NULL,
    created_at timestamp with time zone NOT NULL,
    keep_bodies_days integer,
    keep_runs integer,
    keep_runs_days integer,
    CONSTRAINT sinks_app_keep_bodies_days_check CHECK ((keep_bodies_days >= 0)),
    CONSTRAINT sinks_app_keep_runs_check CHECK ((keep_runs >= 0)),
    CONSTRAINT sinks_app_keep_runs_days_check CHECK ((keep_runs_days >= 0))
);


--
-- Name: sinks_app_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

ALTER TABLE public.sinks_app ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.sinks_app_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: sinks_deletedapp; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.sinks_deletedapp (
    keep_runs_days integer,
    keep_bodies_days integer,
    keep_runs integer,
    app_id character varying(64) NOT NULL,
    CONSTRAINT sinks_deletedapp_keep_bodies_days_check CHECK ((keep_bodies_days >= 0)),
    CONSTRAINT sinks_deletedapp_keep_runs_check CHECK ((keep_runs >= 0)),
    CONSTRAINT sinks_deletedapp_keep_runs_days_check CHECK ((keep_runs_days >= 0))
);


--
-- Name: sinks_membership; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.sinks_membership (
    id bigint NOT NULL,
    role character varying(8) NOT NULL,
    app_id bigint NOT NULL,
    user_id integer NOT NULL
);


--
-- Name: sinks_membership_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

ALTER TABLE public.sinks_membership ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.sinks_membership_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: sinks_outcome; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.sinks_outcome (
    id bigint NOT NULL,
    kind character varying(32) NOT NULL,
    count bigint NOT NULL,
    last_at timestamp with time zone NOT NULL,
    sink_id bigint NOT NULL
);


--
-- Name: sinks_outcome_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

ALTER TABLE public.sinks_outcome ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.sinks_outcome_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: sinks_refusal; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.sinks_refusal (
    id bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    status smallint NOT NULL,
    reason character varying(200) NOT NULL,
    client character varying(64) NOT NULL,
    sink_id bigint NOT NULL,
    CONSTRAINT sinks_refusal_status_check CHECK ((status >= 0))
);


--
-- Name: sinks_refusal_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

ALTER TABLE public.sinks_refusal ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.sinks_refusal_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: sinks_revision; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.sinks_revision (
    id bigint NOT NULL,
    number bigint NOT NULL
);


--
-- Name: sinks_revision_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

ALTER TABLE public.sinks_revision ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.sinks_revision_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: sinks_sink; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.sinks_sink (
    id bigint NOT NULL,
    path character varying(500) NOT NULL,
    method character varying(32) NOT NULL,
    shape character varying(500) NOT NULL,
    encrypted_token text NOT NULL,
    workflow character varying(100) NOT NULL,
    options jsonb NOT NULL,
    timeout double precision NOT NULL,
    active boolean NOT NULL,
    description text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    changed_at timestamp with time zone NOT NULL,
    app_id bigint NOT NULL,
    attempts smallint NOT NULL,
    backoff double precision NOT NULL,
    engine character varying(16) NOT NULL,
    answer character varying(8) NOT NULL,
    body_limit integer,
    concurrency integer,
    cors_origins text NOT NULL,
    dedupe_body character varying(500) NOT NULL,
    dedupe_header character varying(100) NOT NULL,
    dedupe_window integer NOT NULL,
    encrypted_secrets text NOT NULL,
    encrypted_verify_token text NOT NULL,
    filter text NOT NULL,
    queue integer,
    rate character varying(32) NOT NULL,
    redirect character varying(500) NOT NULL,
    signature character varying(16) NOT NULL,
    signature_algorithm character varying(8) NOT NULL,
    signature_encoding character varying(8) NOT NULL,
    signature_header character varying(100) NOT NULL,
    signature_prefix character varying(50) NOT NULL,
    tolerance integer NOT NULL,
    priority smallint NOT NULL,
    CONSTRAINT sinks_sink_attempts_check CHECK ((attempts >= 0)),
    CONSTRAINT sinks_sink_body_limit_check CHECK ((body_limit >= 0)),
    CONSTRAINT sinks_sink_concurrency_check CHECK ((concurrency >= 0)),
    CONSTRAINT sinks_sink_dedupe_window_check CHECK ((dedupe_window >= 0)),
    CONSTRAINT sinks_sink_queue_check CHECK ((queue >= 0)),
    CONSTRAINT sinks_sink_tolerance_check CHECK ((tolerance >= 0))
);


--
-- Name: sinks_sink_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

ALTER TABLE public.sinks_sink ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.sinks_sink_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: procrastinate_events id; Type: DEFAULT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.procrastinate_events ALTER COLUMN id SET DEFAULT nextval('public.procrastinate_events_id_seq'::regclass);


--
-- Name: procrastinate_jobs id; Type: DEFAULT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.procrastinate_jobs ALTER COLUMN id SET DEFAULT nextval('public.procrastinate_jobs_id_seq'::regclass);


--
-- Name: procrastinate_periodic_defers id; Type: DEFAULT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.procrastinate_periodic_defers ALTER COLUMN id SET DEFAULT nextval('public.procrastinate_periodic_defers_id_seq'::regclass);


--
-- Data for Name: auth_group; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.auth_group VALUES
	(1, 'readers'),
	(2, 'editors');


--
-- Data for Name: auth_group_permissions; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.auth_group_permissions VALUES
	(1, 1, 96),
	(2, 1, 60);


--
-- Data for Name: auth_permission; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.auth_permission VALUES
	(1, 'Can add log entry', 1, 'add_logentry'),
	(2, 'Can change log entry', 1, 'change_logentry'),
	(3, 'Can delete log entry', 1, 'delete_logentry'),
	(4, 'Can view log entry', 1, 'view_logentry'),
	(5, 'Can add permission', 2, 'add_permission'),
	(6, 'Can change permission', 2, 'change_permission'),
	(7, 'Can delete permission', 2, 'delete_permission'),
	(8, 'Can view permission', 2, 'view_permission'),
	(9, 'Can add group', 3, 'add_group'),
	(10, 'Can change group', 3, 'change_group'),
	(11, 'Can delete group', 3, 'delete_group'),
	(12, 'Can view group', 3, 'view_group'),
	(13, 'Can add user', 4, 'add_user'),
	(14, 'Can change user', 4, 'change_user'),
	(15, 'Can delete user', 4, 'delete_user'),
	(16, 'Can view user', 4, 'view_user'),
	(17, 'Can add content type', 5, 'add_contenttype'),
	(18, 'Can change content type', 5, 'change_contenttype'),
	(19, 'Can delete content type', 5, 'delete_contenttype'),
	(20, 'Can view content type', 5, 'view_contenttype'),
	(21, 'Can add session', 6, 'add_session'),
	(22, 'Can change session', 6, 'change_session'),
	(23, 'Can delete session', 6, 'delete_session'),
	(24, 'Can view session', 6, 'view_session'),
	(25, 'Can add access attempt', 7, 'add_accessattempt'),
	(26, 'Can change access attempt', 7, 'change_accessattempt'),
	(27, 'Can delete access attempt', 7, 'delete_accessattempt'),
	(28, 'Can view access attempt', 7, 'view_accessattempt'),
	(29, 'Can add access log', 8, 'add_accesslog'),
	(30, 'Can change access log', 8, 'change_accesslog'),
	(31, 'Can delete access log', 8, 'delete_accesslog'),
	(32, 'Can view access log', 8, 'view_accesslog'),
	(33, 'Can add access failure', 9, 'add_accessfailurelog'),
	(34, 'Can change access failure', 9, 'change_accessfailurelog'),
	(35, 'Can delete access failure', 9, 'delete_accessfailurelog'),
	(36, 'Can view access failure', 9, 'view_accessfailurelog'),
	(37, 'Can add access attempt expiration', 10, 'add_accessattemptexpiration'),
	(38, 'Can change access attempt expiration', 10, 'change_accessattemptexpiration'),
	(39, 'Can delete access attempt expiration', 10, 'delete_accessattemptexpiration'),
	(40, 'Can view access attempt expiration', 10, 'view_accessattemptexpiration'),
	(41, 'Can add procrastinate event', 11, 'add_procrastinateevent'),
	(42, 'Can change procrastinate event', 11, 'change_procrastinateevent'),
	(43, 'Can delete procrastinate event', 11, 'delete_procrastinateevent'),
	(44, 'Can view procrastinate event', 11, 'view_procrastinateevent'),
	(45, 'Can add procrastinate job', 12, 'add_procrastinatejob'),
	(46, 'Can change procrastinate job', 12, 'change_procrastinatejob'),
	(47, 'Can delete procrastinate job', 12, 'delete_procrastinatejob'),
	(48, 'Can view procrastinate job', 12, 'view_procrastinatejob'),
	(49, 'Can add procrastinate periodic defer', 13, 'add_procrastinateperiodicdefer'),
	(50, 'Can change procrastinate periodic defer', 13, 'change_procrastinateperiodicdefer');
INSERT INTO public.auth_permission VALUES
	(51, 'Can delete procrastinate periodic defer', 13, 'delete_procrastinateperiodicdefer'),
	(52, 'Can view procrastinate periodic defer', 13, 'view_procrastinateperiodicdefer'),
	(53, 'Can add procrastinate worker', 14, 'add_procrastinateworker'),
	(54, 'Can change procrastinate worker', 14, 'change_procrastinateworker'),
	(55, 'Can delete procrastinate worker', 14, 'delete_procrastinateworker'),
	(56, 'Can view procrastinate worker', 14, 'view_procrastinateworker'),
	(57, 'Can add run', 15, 'add_run'),
	(58, 'Can change run', 15, 'change_run'),
	(59, 'Can delete run', 15, 'delete_run'),
	(60, 'Can view run', 15, 'view_run'),
	(61, 'Can add executor', 16, 'add_executor'),
	(62, 'Can change executor', 16, 'change_executor'),
	(63, 'Can delete executor', 16, 'delete_executor'),
	(64, 'Can view executor', 16, 'view_executor'),
	(65, 'Can add segment', 17, 'add_segment'),
	(66, 'Can change segment', 17, 'change_segment'),
	(67, 'Can delete segment', 17, 'delete_segment'),
	(68, 'Can view segment', 17, 'view_segment'),
	(69, 'Can add delivery', 18, 'add_delivery'),
	(70, 'Can change delivery', 18, 'change_delivery'),
	(71, 'Can delete delivery', 18, 'delete_delivery'),
	(72, 'Can view delivery', 18, 'view_delivery'),
	(73, 'Can add deliveries pruned', 19, 'add_deliveriespruned'),
	(74, 'Can change deliveries pruned', 19, 'change_deliveriespruned'),
	(75, 'Can delete deliveries pruned', 19, 'delete_deliveriespruned'),
	(76, 'Can view deliveries pruned', 19, 'view_deliveriespruned'),
	(77, 'Can add tally', 20, 'add_tally'),
	(78, 'Can change tally', 20, 'change_tally'),
	(79, 'Can delete tally', 20, 'delete_tally'),
	(80, 'Can view tally', 20, 'view_tally'),
	(81, 'Can add retention clock', 21, 'add_retentionclock'),
	(82, 'Can change retention clock', 21, 'change_retentionclock'),
	(83, 'Can delete retention clock', 21, 'delete_retentionclock'),
	(84, 'Can view retention clock', 21, 'view_retentionclock'),
	(85, 'Can add app', 22, 'add_app'),
	(86, 'Can change app', 22, 'change_app'),
	(87, 'Can delete app', 22, 'delete_app'),
	(88, 'Can view app', 22, 'view_app'),
	(89, 'Can add revision', 23, 'add_revision'),
	(90, 'Can change revision', 23, 'change_revision'),
	(91, 'Can delete revision', 23, 'delete_revision'),
	(92, 'Can view revision', 23, 'view_revision'),
	(93, 'Can add sink', 24, 'add_sink'),
	(94, 'Can change sink', 24, 'change_sink'),
	(95, 'Can delete sink', 24, 'delete_sink'),
	(96, 'Can view sink', 24, 'view_sink'),
	(97, 'Can add refusal', 25, 'add_refusal'),
	(98, 'Can change refusal', 25, 'change_refusal'),
	(99, 'Can delete refusal', 25, 'delete_refusal'),
	(100, 'Can view refusal', 25, 'view_refusal');
INSERT INTO public.auth_permission VALUES
	(101, 'Can add outcome', 26, 'add_outcome'),
	(102, 'Can change outcome', 26, 'change_outcome'),
	(103, 'Can delete outcome', 26, 'delete_outcome'),
	(104, 'Can view outcome', 26, 'view_outcome'),
	(105, 'Can add API token', 27, 'add_apitoken'),
	(106, 'Can change API token', 27, 'change_apitoken'),
	(107, 'Can delete API token', 27, 'delete_apitoken'),
	(108, 'Can view API token', 27, 'view_apitoken'),
	(109, 'Can add deleted app', 28, 'add_deletedapp'),
	(110, 'Can change deleted app', 28, 'change_deletedapp'),
	(111, 'Can delete deleted app', 28, 'delete_deletedapp'),
	(112, 'Can view deleted app', 28, 'view_deletedapp'),
	(113, 'Can add member', 29, 'add_membership'),
	(114, 'Can change member', 29, 'change_membership'),
	(115, 'Can delete member', 29, 'delete_membership'),
	(116, 'Can view member', 29, 'view_membership');


--
-- Data for Name: auth_user; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.auth_user VALUES
	(2, 'pbkdf2_sha256$1$pKHlLP7euqosdaQm2HmTch$5vG46iO6Mutehdt8Gtqgcn35+mQzQ4Oph5amBEIyfpk=', NULL, false, 'vera', 'Vera', 'Example', 'vera@example.com', true, true, '2026-11-30 20:27:49.059021+00'),
	(3, 'pbkdf2_sha256$1$O1nVO47eCkE3ooKfMJRifQ$Z9h/w10DfPPEU9/MFnJbblt9U/TAvSOHefj+dPNgaDw=', NULL, false, 'ed', 'Ed', 'Example', 'ed@example.com', true, true, '2026-11-30 20:27:49.10891+00'),
	(4, 'pbkdf2_sha256$1$kcGEeBDCnS0RveqYjtFdK8$KZ04nSkO9yplHqC35W4Oqr8VmtziBXBnuBadFqSEnl8=', NULL, false, 'olga', 'Olga', 'Example', 'olga@example.com', true, true, '2026-11-30 20:27:49.154774+00'),
	(5, 'pbkdf2_sha256$1$3Ld39k4cMMgCg25XvZuVWj$/X6evT10klkNv2CaFlW4wGMUcXplCJUc563wp+guYb0=', NULL, false, 'guest', '', '', '', false, false, '2026-11-30 20:27:49.206879+00'),
	(1, 'pbkdf2_sha256$1$hTAU1Z7rQjojjN4zdu819J$3w1ZgxjCW+zP7n1oEL4+ksu+k28CGlYmQK2715dd8S0=', '2026-11-30 20:28:01.115052+00', true, 'admin', '', '', 'admin@example.com', true, true, '2026-11-30 20:27:47.531866+00');


--
-- Data for Name: auth_user_groups; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.auth_user_groups VALUES
	(1, 2, 1),
	(2, 3, 1),
	(3, 4, 1);


--
-- Data for Name: auth_user_user_permissions; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.auth_user_user_permissions VALUES
	(1, 2, 88),
	(2, 2, 94),
	(3, 3, 88),
	(4, 3, 94),
	(5, 4, 88),
	(6, 4, 94);


--
-- Data for Name: axes_accessattempt; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.axes_accessattempt VALUES
	(1, 'python-httpx/0.28.1', '127.0.0.1', 'mallory', '*/*', '/admin/login/', '2026-11-30 20:28:00.930872+00', '', 'username=********************
password=********************
csrfmiddlewaretoken=********************', 1);


--
-- Data for Name: axes_accessattemptexpiration; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: axes_accessfailurelog; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: axes_accesslog; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: django_admin_log; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.django_admin_log VALUES
	(1, '2026-11-30 20:28:01.218777+00', '2', 'editors', 1, '[{"added": {}}]', 3, 1);


--
-- Data for Name: django_content_type; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.django_content_type VALUES
	(1, 'admin', 'logentry'),
	(2, 'auth', 'permission'),
	(3, 'auth', 'group'),
	(4, 'auth', 'user'),
	(5, 'contenttypes', 'contenttype'),
	(6, 'sessions', 'session'),
	(7, 'axes', 'accessattempt'),
	(8, 'axes', 'accesslog'),
	(9, 'axes', 'accessfailurelog'),
	(10, 'axes', 'accessattemptexpiration'),
	(11, 'procrastinate', 'procrastinateevent'),
	(12, 'procrastinate', 'procrastinatejob'),
	(13, 'procrastinate', 'procrastinateperiodicdefer'),
	(14, 'procrastinate', 'procrastinateworker'),
	(15, 'runs', 'run'),
	(16, 'runs', 'executor'),
	(17, 'runs', 'segment'),
	(18, 'runs', 'delivery'),
	(19, 'runs', 'deliveriespruned'),
	(20, 'runs', 'tally'),
	(21, 'runs', 'retentionclock'),
	(22, 'sinks', 'app'),
	(23, 'sinks', 'revision'),
	(24, 'sinks', 'sink'),
	(25, 'sinks', 'refusal'),
	(26, 'sinks', 'outcome'),
	(27, 'sinks', 'apitoken'),
	(28, 'sinks', 'deletedapp'),
	(29, 'sinks', 'membership');


--
-- Data for Name: django_migrations; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.django_migrations VALUES
	(1, 'contenttypes', '0001_initial', '2026-11-30 20:27:38.899994+00'),
	(2, 'auth', '0001_initial', '2026-11-30 20:27:39.214773+00'),
	(3, 'admin', '0001_initial', '2026-11-30 20:27:39.298736+00'),
	(4, 'admin', '0002_logentry_remove_auto_add', '2026-11-30 20:27:39.314106+00'),
	(5, 'admin', '0003_logentry_add_action_flag_choices', '2026-11-30 20:27:39.356744+00'),
	(6, 'contenttypes', '0002_remove_content_type_name', '2026-11-30 20:27:39.420305+00'),
	(7, 'auth', '0002_alter_permission_name_max_length', '2026-11-30 20:27:39.45381+00'),
	(8, 'auth', '0003_alter_user_email_max_length', '2026-11-30 20:27:39.475283+00'),
	(9, 'auth', '0004_alter_user_username_opts', '2026-11-30 20:27:39.515059+00'),
	(10, 'auth', '0005_alter_user_last_login_null', '2026-11-30 20:27:39.550668+00'),
	(11, 'auth', '0006_require_contenttypes_0002', '2026-11-30 20:27:39.59882+00'),
	(12, 'auth', '0007_alter_validators_add_error_messages', '2026-11-30 20:27:39.647515+00'),
	(13, 'auth', '0008_alter_user_username_max_length', '2026-11-30 20:27:39.689627+00'),
	(14, 'auth', '0009_alter_user_last_name_max_length', '2026-11-30 20:27:39.764751+00'),
	(15, 'auth', '0010_alter_group_name_max_length', '2026-11-30 20:27:39.80491+00'),
	(16, 'auth', '0011_update_proxy_permissions', '2026-11-30 20:27:39.853505+00'),
	(17, 'auth', '0012_alter_user_first_name_max_length', '2026-11-30 20:27:39.882571+00'),
	(18, 'axes', '0001_initial', '2026-11-30 20:27:39.916678+00'),
	(19, 'axes', '0002_auto_20151217_2044', '2026-11-30 20:27:40.110606+00'),
	(20, 'axes', '0003_auto_20160322_0929', '2026-11-30 20:27:40.155635+00'),
	(21, 'axes', '0004_auto_20181024_1538', '2026-11-30 20:27:40.250885+00'),
	(22, 'axes', '0005_remove_accessattempt_trusted', '2026-11-30 20:27:40.314772+00'),
	(23, 'axes', '0006_remove_accesslog_trusted', '2026-11-30 20:27:40.34612+00'),
	(24, 'axes', '0007_alter_accessattempt_unique_together', '2026-11-30 20:27:40.398739+00'),
	(25, 'axes', '0008_accessfailurelog', '2026-11-30 20:27:40.438491+00'),
	(26, 'axes', '0009_add_session_hash', '2026-11-30 20:27:40.455025+00'),
	(27, 'axes', '0010_accessattemptexpiration', '2026-11-30 20:27:40.5112+00'),
	(28, 'procrastinate', '0001_initial', '2026-11-30 20:27:40.568328+00'),
	(29, 'procrastinate', '0002_drop_started_at_column', '2026-11-30 20:27:40.594722+00'),
	(30, 'procrastinate', '0003_drop_started_at_column', '2026-11-30 20:27:40.610574+00'),
	(31, 'procrastinate', '0004_drop_procrastinate_version_table', '2026-11-30 20:27:40.635942+00'),
	(32, 'procrastinate', '0005_fix_procrastinate_fetch_job', '2026-11-30 20:27:40.645638+00'),
	(33, 'procrastinate', '0006_fix_trigger_status_events_insert', '2026-11-30 20:27:40.658664+00'),
	(34, 'procrastinate', '0007_add_queueing_lock_column', '2026-11-30 20:27:40.67465+00'),
	(35, 'procrastinate', '0008_close_fetch_job_race_condition', '2026-11-30 20:27:40.686171+00'),
	(36, 'procrastinate', '0009_add_defer_job_function', '2026-11-30 20:27:40.705832+00'),
	(37, 'procrastinate', '0010_add_procrastinate_periodic_defers', '2026-11-30 20:27:40.726605+00'),
	(38, 'procrastinate', '0011_add_foreign_key_index', '2026-11-30 20:27:40.736078+00'),
	(39, 'procrastinate', '0012_add_locks_to_periodic_defer', '2026-11-30 20:27:40.757632+00'),
	(40, 'procrastinate', '0013_fix_procrastinate_defer_periodic_job', '2026-11-30 20:27:40.780122+00'),
	(41, 'procrastinate', '0014_add_finish_job_and_retry_job_functions', '2026-11-30 20:27:40.796737+00'),
	(42, 'procrastinate', '0015_add_trigger_on_job_deletion', '2026-11-30 20:27:40.806871+00'),
	(43, 'procrastinate', '0016_delete_finished_jobs', '2026-11-30 20:27:40.816898+00'),
	(44, 'procrastinate', '0017_add_checks_to_finish_job', '2026-11-30 20:27:40.832399+00'),
	(45, 'procrastinate', '0018_add_checks_to_retry_job', '2026-11-30 20:27:40.854729+00'),
	(46, 'procrastinate', '0019_fix_finish_job_compat_issue', '2026-11-30 20:27:40.861534+00'),
	(47, 'procrastinate', '0020_add_index_on_procrastinate_jobs', '2026-11-30 20:27:40.886555+00'),
	(48, 'procrastinate', '0021_add_kwargs_to_defer_periodic_job', '2026-11-30 20:27:40.905761+00'),
	(49, 'procrastinate', '0022_null_locks_excluded', '2026-11-30 20:27:40.929806+00'),
	(50, 'procrastinate', '0023_remove_old_finish_job_function', '2026-11-30 20:27:40.951172+00');
INSERT INTO public.django_migrations VALUES
	(51, 'procrastinate', '0024_job_id_bigint', '2026-11-30 20:27:40.962336+00'),
	(52, 'procrastinate', '0025_add_models', '2026-11-30 20:27:40.969482+00'),
	(53, 'procrastinate', '0026_add_job_priority', '2026-11-30 20:27:41.000661+00'),
	(54, 'procrastinate', '0027_add_periodic_job_priority', '2026-11-30 20:27:41.023775+00'),
	(55, 'procrastinate', '0028_add_cancel_states', '2026-11-30 20:27:41.052934+00'),
	(56, 'procrastinate', '0029_add_additional_params_to_retry_job', '2026-11-30 20:27:41.070848+00'),
	(57, 'procrastinate', '0030_alter_procrastinateevent_options', '2026-11-30 20:27:41.073807+00'),
	(58, 'procrastinate', '0031_add_indexes_for_fetch_job', '2026-11-30 20:27:41.100238+00'),
	(59, 'procrastinate', '0032_pre_cancel_notification', '2026-11-30 20:27:41.126258+00'),
	(60, 'procrastinate', '0033_post_cancel_notification', '2026-11-30 20:27:41.179189+00'),
	(61, 'procrastinate', '0034_pre_add_heartbeat', '2026-11-30 20:27:41.220648+00'),
	(62, 'procrastinate', '0035_post_add_heartbeat', '2026-11-30 20:27:41.248232+00'),
	(63, 'procrastinate', '0036_add_worker_model', '2026-11-30 20:27:41.25254+00'),
	(64, 'procrastinate', '0037_pre_batch_defer_jobs', '2026-11-30 20:27:41.27893+00'),
	(65, 'procrastinate', '0038_post_batch_defer_jobs', '2026-11-30 20:27:41.301333+00'),
	(66, 'procrastinate', '0039_pre_priority_lock_fetch_job', '2026-11-30 20:27:41.331066+00'),
	(67, 'procrastinate', '0040_pre_retry_failed_job', '2026-11-30 20:27:41.333901+00'),
	(68, 'procrastinate', '0041_post_retry_failed_job', '2026-11-30 20:27:41.347248+00'),
	(69, 'runs', '0001_initial', '2026-11-30 20:27:41.482636+00'),
	(70, 'runs', '0002_queued', '2026-11-30 20:27:41.635783+00'),
	(71, 'runs', '0003_deliveries', '2026-11-30 20:27:41.75877+00'),
	(72, 'runs', '0004_queries', '2026-11-30 20:27:41.890708+00'),
	(73, 'runs', '0005_no_pattern_indexes', '2026-11-30 20:27:41.942038+00'),
	(74, 'runs', '0006_retention', '2026-11-30 20:27:41.990712+00'),
	(75, 'runs', '0007_tallies', '2026-11-30 20:27:42.020898+00'),
	(76, 'runs', '0008_fingerprint_text', '2026-11-30 20:27:42.070872+00'),
	(77, 'runs', '0009_retention_clock', '2026-11-30 20:27:42.084223+00'),
	(78, 'runs', '0010_job_indexes', '2026-11-30 20:27:42.175513+00'),
	(79, 'runs', '0011_lease', '2026-11-30 20:27:42.360892+00'),
	(80, 'sessions', '0001_initial', '2026-11-30 20:27:42.384801+00'),
	(81, 'sinks', '0001_initial', '2026-11-30 20:27:42.536509+00'),
	(82, 'sinks', '0002_engine', '2026-11-30 20:27:42.573104+00'),
	(83, 'sinks', '0003_deliveries', '2026-11-30 20:27:43.179518+00'),
	(84, 'sinks', '0004_default_workflow', '2026-11-30 20:27:43.249169+00'),
	(85, 'sinks', '0005_api_tokens', '2026-11-30 20:27:43.414907+00'),
	(86, 'sinks', '0006_retention', '2026-11-30 20:27:43.48593+00'),
	(87, 'sinks', '0007_deleted_apps', '2026-11-30 20:27:43.534666+00'),
	(88, 'sinks', '0008_workflow_checks', '2026-11-30 20:27:43.59202+00'),
	(89, 'sinks', '0009_members', '2026-11-30 20:27:43.698804+00'),
	(90, 'sinks', '0010_priority', '2026-11-30 20:27:43.727223+00'),
	(91, 'sinks', '0011_help_of_bodies', '2026-11-30 20:27:43.792195+00'),
	(92, 'sinks', '0012_queue_without_bound', '2026-11-30 20:27:43.942628+00'),
	(93, 'sinks', '0013_encrypted_field', '2026-11-30 20:27:44.029589+00'),
	(94, 'sinks', '0014_help_texts', '2026-11-30 20:27:45.08576+00');


--
-- Data for Name: django_session; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.django_session VALUES
	('8dm2jhxywfzzwlaijav8a2o3qrkmlkuk', '.eJxVjMsOwiAQRf-FtSECQ6Eu3fcbCMPM2KqBpI-V8d-1SRe6veec-1Ipb-uYtoXnNJG6KKNOvxvm8uC6A7rnemu6tLrOE-pd0Qdd9NCIn9fD_TsY8zJ-awteSErnODgJfUDTCxFa05doIcazCHCgzgUbC3gHHaN4QgCIzOzV-wPsqjgs:1xY7yj:tS4X4aAI3Y61MAKb7fkQk9ABhafms4yxHi1PWzKPhgg', '2100-01-01 00:00:00+00');


--
-- Data for Name: procrastinate_events; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.procrastinate_events VALUES
	(13, 4, 'deferred', '2026-11-30 20:28:10.156705+00'),
	(14, 5, 'deferred', '2026-11-30 20:28:10.544357+00'),
	(15, 4, 'started', '2026-11-30 20:28:10.754276+00'),
	(16, 5, 'started', '2026-11-30 20:28:10.823876+00'),
	(17, 5, 'scheduled', '2026-11-30 20:29:11.024948+00'),
	(18, 5, 'deferred_for_retry', '2026-11-30 20:28:11.031576+00'),
	(19, 6, 'deferred', '2026-11-30 20:28:11.395677+00');


--
-- Data for Name: procrastinate_jobs; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.procrastinate_jobs VALUES
	(4, 'runs', 'runs.execute', NULL, '{"run_id": "run_01a22e24bfd57c9f14372fa60500620dd126179c0df8", "backoff": 5.0, "attempts": 1}', 'doing', NULL, 0, NULL, 0, false, 2),
	(5, 'runs', 'runs.execute', 'run-run_01a22e24c1a3818c1135ae1ecc58e68fd30d49df39fd', '{"lock": "sink-28-0", "run_id": "run_01a22e24c1a3818c1135ae1ecc58e68fd30d49df39fd", "backoff": 60.0, "attempts": 3}', 'todo', '2026-11-30 20:29:11.024948+00', 1, NULL, 0, false, 2),
	(6, 'runs', 'runs.execute', NULL, '{"run_id": "run_01a22e24c4fbb7563cdd8f383b29f037e4e7867ff067", "backoff": 5.0, "attempts": 1}', 'todo', NULL, 0, NULL, -5, false, NULL);


--
-- Data for Name: procrastinate_periodic_defers; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: procrastinate_workers; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.procrastinate_workers OVERRIDING SYSTEM VALUE VALUES
	(2, '2026-11-30 20:28:11.071324+00');


--
-- Data for Name: runs_deliveriespruned; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.runs_deliveriespruned VALUES
	('app_pruned', 'run_01a22e2483ee81649c4c59633b315282eeb58f2e51e1');


--
-- Data for Name: runs_delivery; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.runs_delivery VALUES
	('run_01a22e24755b9a097921884fd1ce25a13a7ce29bc8fd', 'POST', '/orders/4711', '{"order_id": "4711"}', 'a=1&a=2&b=%C3%A4', '[["host", "127.0.0.1:25477"], ["accept", "*/*"], ["accept-encoding", "gzip, deflate"], ["connection", "keep-alive"], ["user-agent", "python-httpx/0.28.1"], ["content-length", "36"]]', '127.0.0.1', '\x7b226f72646572223a20343731312c20226974656d73223a205b2261222c202262225d7d'),
	('run_01a22e24762b5fd657652368756717dfb4484baa8c7b', 'POST', '/anything', '{}', '', '[["host", "127.0.0.1:25477"], ["accept", "*/*"], ["accept-encoding", "gzip, deflate"], ["connection", "keep-alive"], ["user-agent", "python-httpx/0.28.1"], ["content-length", "48"], ["content-type", "application/json"]]', '127.0.0.1', '\x7b2274657874223a224772c3bcc39f6520f09f9880222c226e6f6e65223a6e756c6c2c226e756d626572223a312e357d'),
	('run_01a22e2476ada7bbe0e5a8b5d1d97a5084d435109d8c', 'PUT', '/anything', '{}', '', '[["host", "127.0.0.1:25477"], ["accept", "*/*"], ["accept-encoding", "gzip, deflate"], ["connection", "keep-alive"], ["user-agent", "python-httpx/0.28.1"], ["content-length", "20"], ["content-type", "application/x-www-form-urlencoded"]]', '127.0.0.1', '\x6e616d653d61266e616d653d6226656d7074793d'),
	('run_01a22e247718b8d7c304ed1028219e6ef2c64398c716', 'PATCH', '/anything', '{}', '', '[["host", "127.0.0.1:25477"], ["accept", "*/*"], ["accept-encoding", "gzip, deflate"], ["connection", "keep-alive"], ["user-agent", "python-httpx/0.28.1"], ["content-length", "523"], ["content-type", "multipart/form-data; boundary=168a665c22d35315dd24c2387c4020c8"]]', '127.0.0.1', '\x2d2d31363861363635633232643335333135646432346332333837633430323063380d0a436f6e74656e742d446973706f736974696f6e3a20666f726d2d646174613b206e616d653d226e616d65220d0a0d0a610d0a2d2d31363861363635633232643335333135646432346332333837633430323063380d0a436f6e74656e742d446973706f736974696f6e3a20666f726d2d646174613b206e616d653d2266696c65223b2066696c656e616d653d22612e62696e220d0a436f6e74656e742d547970653a206170706c69636174696f6e2f6f637465742d73747265616d0d0a0d0a000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9fa0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbebfc0c1c2c3c4c5c6c7c8c9cacbcccdcecfd0d1d2d3d4d5d6d7d8d9dadbdcdddedfe0e1e2e3e4e5e6e7e8e9eaebecedeeeff0f1f2f3f4f5f6f7f8f9fafbfcfdfeff0d0a2d2d31363861363635633232643335333135646432346332333837633430323063382d2d0d0a'),
	('run_01a22e247749ced86c7dc5e8aeb1250a9d45e5f272c7', 'POST', '/anything', '{}', '', '[["host", "127.0.0.1:25477"], ["accept", "*/*"], ["accept-encoding", "gzip, deflate"], ["connection", "keep-alive"], ["user-agent", "python-httpx/0.28.1"], ["content-type", "application/octet-stream"], ["content-length", "256"]]', '127.0.0.1', '\x000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9fa0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbebfc0c1c2c3c4c5c6c7c8c9cacbcccdcecfd0d1d2d3d4d5d6d7d8d9dadbdcdddedfe0e1e2e3e4e5e6e7e8e9eaebecedeeeff0f1f2f3f4f5f6f7f8f9fafbfcfdfeff'),
	('run_01a22e24779f473dff8ed174cdc803d4df25afe85f1a', 'POST', '/anything', '{}', '', '[["host", "127.0.0.1:25477"], ["accept", "*/*"], ["accept-encoding", "gzip, deflate"], ["connection", "keep-alive"], ["user-agent", "python-httpx/0.28.1"], ["content-type", "application/json"], ["content-encoding", "gzip"], ["content-length", "53"]]', '127.0.0.1', '\x1f8b080047dc0d6b02ffab56ca2f4a492d52b25230313734d45150ca2c49cd2d0672a395129580dc24a5d85a009fbb9b5924000000'),
	('run_01a22e2477fdfa66bf5047d518e11b5683b7b284be5a', 'DELETE', '/anything', '{}', '', '[["host", "127.0.0.1:25477"], ["accept", "*/*"], ["accept-encoding", "gzip, deflate"], ["connection", "keep-alive"], ["user-agent", "python-httpx/0.28.1"]]', '127.0.0.1', '\x'),
	('run_01a22e247861713f111ec135f78010b04f9e03c80c2c', 'GET', '/anything', '{}', '', '[["host", "127.0.0.1:25477"], ["accept", "*/*"], ["accept-encoding", "gzip, deflate"], ["connection", "keep-alive"], ["user-agent", "python-httpx/0.28.1"], ["x-twice", "1"], ["x-twice", "2"]]', '127.0.0.1', '\x'),
	('run_01a22e2478c0f4022cf2bc4bde097812c0a5d2fc2610', 'GET', '/hello', '{}', '', '[["host", "127.0.0.1:25477"], ["accept-encoding", "gzip, deflate"], ["connection", "keep-alive"], ["user-agent", "python-httpx/0.28.1"], ["accept", "application/json"]]', '127.0.0.1', '\x'),
	('run_01a22e24797314c136ff0241c281906c41f8c8794764', 'PUT', '/stream', '{}', '', '[["host", "127.0.0.1:25477"], ["content-length", "0"], ["accept", "*/*"], ["accept-encoding", "gzip, deflate"], ["connection", "keep-alive"], ["user-agent", "python-httpx/0.28.1"]]', '127.0.0.1', '\x'),
	('run_01a22e247a79b89a792f1336af109b9fea971d628fe8', 'POST', '/words', '{}', '', '[["host", "127.0.0.1:25477"], ["accept", "*/*"], ["accept-encoding", "gzip, deflate"], ["connection", "keep-alive"], ["user-agent", "python-httpx/0.28.1"], ["content-length", "13"]]', '127.0.0.1', '\x6f6e652074776f207468726565'),
	('run_01a22e247b05b52dd4f20b5792d623de5dccd3020d6c', 'POST', '/ranked', '{}', '', '[["host", "127.0.0.1:25477"], ["accept", "*/*"], ["accept-encoding", "gzip, deflate"], ["connection", "keep-alive"], ["user-agent", "python-httpx/0.28.1"], ["content-length", "2"]]', '127.0.0.1', '\x7b7d'),
	('run_01a22e247ba14497da906f933ae606844b2afe332d7b', 'POST', '/fail', '{}', '', '[["host", "127.0.0.1:25477"], ["content-length", "0"], ["accept", "*/*"], ["accept-encoding", "gzip, deflate"], ["connection", "keep-alive"], ["user-agent", "python-httpx/0.28.1"]]', '127.0.0.1', '\x'),
	('run_01a22e247c3363315ff716459cc6498f517b886c1f67', 'POST', '/late', '{}', '', '[["host", "127.0.0.1:25477"], ["content-length", "0"], ["accept", "*/*"], ["accept-encoding", "gzip, deflate"], ["connection", "keep-alive"], ["user-agent", "python-httpx/0.28.1"]]', '127.0.0.1', '\x'),
	('run_01a22e247d6b3dc5c4bfb658964de30a6035bbc84f96', 'POST', '/github', '{}', '', '[["host", "127.0.0.1:25477"], ["accept", "*/*"], ["accept-encoding", "gzip, deflate"], ["connection", "keep-alive"], ["user-agent", "python-httpx/0.28.1"], ["content-type", "application/json"], ["x-github-event", "push"], ["x-github-delivery", "delivery-1"], ["x-hub-signature-256", "sha256=58be72a63713b97a343824e279f972a96c60e81f52b1f1bd330fa0ae8612ddf8"], ["content-length", "18"]]', '127.0.0.1', '\x7b226964223a20226576745f34373131227d'),
	('run_01a22e247e20f5a9b65acb30ff661d712ebc93367edd', 'POST', '/stripe', '{}', '', '[["host", "127.0.0.1:25477"], ["accept", "*/*"], ["accept-encoding", "gzip, deflate"], ["connection", "keep-alive"], ["user-agent", "python-httpx/0.28.1"], ["content-type", "application/json"], ["stripe-signature", "t=1796070473,v1=a9507aea131c400b53489427501ee2d12304f15f11892e8cb6d6eece044648bb"], ["content-length", "18"]]', '127.0.0.1', '\x7b226964223a20226576745f34373131227d'),
	('run_01a22e247e98e72d2152652ee72573518955cd7071f2', 'POST', '/slack', '{}', '', '[["host", "127.0.0.1:25477"], ["accept", "*/*"], ["accept-encoding", "gzip, deflate"], ["connection", "keep-alive"], ["user-agent", "python-httpx/0.28.1"], ["content-type", "application/json"], ["x-slack-signature", "v0=b897f8413e6176c1deef6812c4e01359e089cbe58c3b548357a62171cd7830e1"], ["x-slack-request-timestamp", "1796070473"], ["content-length", "18"]]', '127.0.0.1', '\x7b226964223a20226576745f34373131227d'),
	('run_01a22e24c614ac42061081795ed7504f0c584b690d54', 'POST', '/wait-once', '{}', '', '[["host", "127.0.0.1:22416"], ["content-length", "0"], ["accept", "*/*"], ["accept-encoding", "gzip, deflate"], ["connection", "keep-alive"], ["user-agent", "python-httpx/0.28.1"]]', '127.0.0.1', '\x'),
	('run_01a22e247f1050046fc98ec415add55da481f490af9f', 'POST', '/shopify', '{}', '', '[["host", "127.0.0.1:25477"], ["accept", "*/*"], ["accept-encoding", "gzip, deflate"], ["connection", "keep-alive"], ["user-agent", "python-httpx/0.28.1"], ["content-type", "application/json"], ["x-shopify-hmac-sha256", "Y4N4iivhb4sZRw4Kx1zlqaXaI0yTA9Ev1Ug1IUf4c/0="], ["content-length", "18"]]', '127.0.0.1', '\x7b226964223a20226576745f34373131227d'),
	('run_01a22e247f83ba420cd57003a66d37865ea13d6414cb', 'POST', '/standard', '{}', '', '[["host", "127.0.0.1:25477"], ["accept", "*/*"], ["accept-encoding", "gzip, deflate"], ["connection", "keep-alive"], ["user-agent", "python-httpx/0.28.1"], ["content-type", "application/json"], ["webhook-id", "msg_482d3a02224fe734"], ["webhook-timestamp", "1796070473"], ["webhook-signature", "v1,rz1MR7Vqj475k1o8Z2673UdRaRw7HCuCWKGHWSGi6xg="], ["content-length", "18"]]', '127.0.0.1', '\x7b226964223a20226576745f34373131227d'),
	('run_01a22e247ff74a4e3fb04f0fee4fdc930d3196af6439', 'POST', '/hmac', '{}', '', '[["host", "127.0.0.1:25477"], ["accept", "*/*"], ["accept-encoding", "gzip, deflate"], ["connection", "keep-alive"], ["user-agent", "python-httpx/0.28.1"], ["content-type", "application/json"], ["x-signature", "sha512:2kqWWY1wca9zAuYSzAaTV715eDNK8Jp7TB+XIusfz8b7Xp+Kr1V9ixXRYtDgsCTm66gqNbB0uch+3epf4Uomdw=="], ["content-length", "18"]]', '127.0.0.1', '\x7b226964223a20226576745f34373131227d'),
	('run_01a22e24810ecccbf1584056238414c9484bc383bb31', 'POST', '/brief', '{}', '', '[["host", "127.0.0.1:25477"], ["accept", "*/*"], ["accept-encoding", "gzip, deflate"], ["connection", "keep-alive"], ["user-agent", "python-httpx/0.28.1"], ["idempotency-key", "expires-at-once"], ["content-length", "36"]]', '127.0.0.1', '\x7b226f72646572223a20343731312c20226974656d73223a205b2261222c202262225d7d'),
	('run_01a22e2481b2ad2b942c86930e928e36c66514d22e55', 'POST', '/repeated', '{}', '', '[["host", "127.0.0.1:25477"], ["accept", "*/*"], ["accept-encoding", "gzip, deflate"], ["connection", "keep-alive"], ["user-agent", "python-httpx/0.28.1"], ["idempotency-key", "published-key-4711"], ["content-length", "36"]]', '127.0.0.1', '\x7b226f72646572223a20343731312c20226974656d73223a205b2261222c202262225d7d'),
	('run_01a22e248a3436be54c45f0d8e5d1586dbcde2ed5a58', 'POST', '/limited', '{}', '', '[["host", "127.0.0.1:25477"], ["accept-encoding", "gzip, deflate"], ["connection", "keep-alive"], ["user-agent", "python-httpx/0.28.1"], ["accept", "application/json"], ["content-length", "2"]]', '127.0.0.1', '\x7b7d'),
	('run_01a22e249255619031b2da8bb2d687eea556821eb7ec', 'POST', '/queued', '{}', '', '[["host", "127.0.0.1:25477"], ["accept", "*/*"], ["accept-encoding", "gzip, deflate"], ["connection", "keep-alive"], ["user-agent", "python-httpx/0.28.1"], ["content-length", "1"]]', '127.0.0.1', '\x31'),
	('run_01a22e2493895c8d844d0274784815b7749821ac0447', 'POST', '/queued', '{}', '', '[["host", "127.0.0.1:25477"], ["accept", "*/*"], ["accept-encoding", "gzip, deflate"], ["connection", "keep-alive"], ["user-agent", "python-httpx/0.28.1"], ["content-length", "1"]]', '127.0.0.1', '\x32'),
	('run_01a22e249f574f035ad31b1138bc252bafe15ebd499c', 'POST', '/wait', '{}', '', '[["host", "127.0.0.1:25477"], ["accept", "*/*"], ["accept-encoding", "gzip, deflate"], ["connection", "keep-alive"], ["user-agent", "python-httpx/0.28.1"], ["content-length", "11"]]', '127.0.0.1', '\x626567756e20616761696e'),
	('run_01a22e24a01620bf5facfeacbb93d0e8ad5963e34107', 'POST', '/wait-once', '{}', '', '[["host", "127.0.0.1:25477"], ["accept", "*/*"], ["accept-encoding", "gzip, deflate"], ["connection", "keep-alive"], ["user-agent", "python-httpx/0.28.1"], ["content-length", "5"]]', '127.0.0.1', '\x656e646564'),
	('run_01a22e24a7561089ea5137c1f80f31c5f75daa5e34fc', 'POST', '/orders/4711', '{"order_id": "4711"}', 'a=1&a=2&b=%C3%A4', '[["host", "127.0.0.1:25477"], ["accept", "*/*"], ["accept-encoding", "gzip, deflate"], ["connection", "keep-alive"], ["user-agent", "python-httpx/0.28.1"], ["content-length", "36"]]', '127.0.0.1', '\x7b226f72646572223a20343731312c20226974656d73223a205b2261222c202262225d7d'),
	('run_01a22e24abe4e23cbeb558ffa319010556b4154dcb69', 'POST', '/worker/ship', '{}', '', '[["host", "127.0.0.1:24037"], ["accept", "*/*"], ["accept-encoding", "gzip, deflate"], ["connection", "keep-alive"], ["user-agent", "python-httpx/0.28.1"], ["content-length", "36"]]', '127.0.0.1', '\x7b226f72646572223a20343731312c20226974656d73223a205b2261222c202262225d7d'),
	('run_01a22e24ad67ba99c9949519d57a5c76a3e73c6ac4ad', 'POST', '/worker/retry', '{}', '', '[["host", "127.0.0.1:24037"], ["accept", "*/*"], ["accept-encoding", "gzip, deflate"], ["connection", "keep-alive"], ["user-agent", "python-httpx/0.28.1"], ["content-length", "36"]]', '127.0.0.1', '\x7b226f72646572223a20343731312c20226974656d73223a205b2261222c202262225d7d'),
	('run_01a22e24aeae8c0465289b2289d9257cdadcc2357b59', 'POST', '/worker/fail', '{}', '', '[["host", "127.0.0.1:24037"], ["accept", "*/*"], ["accept-encoding", "gzip, deflate"], ["connection", "keep-alive"], ["user-agent", "python-httpx/0.28.1"], ["content-length", "36"]]', '127.0.0.1', '\x7b226f72646572223a20343731312c20226974656d73223a205b2261222c202262225d7d'),
	('run_01a22e24bfd57c9f14372fa60500620dd126179c0df8', 'POST', '/worker/wait', '{}', '', '[["host", "127.0.0.1:22416"], ["accept", "*/*"], ["accept-encoding", "gzip, deflate"], ["connection", "keep-alive"], ["user-agent", "python-httpx/0.28.1"], ["content-length", "4"]]', '127.0.0.1', '\x68656c64'),
	('run_01a22e24c1a3818c1135ae1ecc58e68fd30d49df39fd', 'POST', '/worker/later', '{}', '', '[["host", "127.0.0.1:22416"], ["content-length", "0"], ["accept", "*/*"], ["accept-encoding", "gzip, deflate"], ["connection", "keep-alive"], ["user-agent", "python-httpx/0.28.1"]]', '127.0.0.1', '\x'),
	('run_01a22e24c4fbb7563cdd8f383b29f037e4e7867ff067', 'POST', '/worker/ship', '{}', '', '[["host", "127.0.0.1:22416"], ["accept", "*/*"], ["accept-encoding", "gzip, deflate"], ["connection", "keep-alive"], ["user-agent", "python-httpx/0.28.1"], ["content-length", "36"]]', '127.0.0.1', '\x7b226f72646572223a20343731312c20226974656d73223a205b2261222c202262225d7d'),
	('run_01a22e24c571623823cd72e54280b511547af0ff8859', 'POST', '/wait', '{}', '', '[["host", "127.0.0.1:22416"], ["accept", "*/*"], ["accept-encoding", "gzip, deflate"], ["connection", "keep-alive"], ["user-agent", "python-httpx/0.28.1"], ["content-length", "4"]]', '127.0.0.1', '\x68656c64'),
	('run_01a22e24c6673b26bb5cf957457585f8f320125a62cf', 'POST', '/wait', '{}', '', '[["host", "127.0.0.1:22416"], ["content-length", "0"], ["accept", "*/*"], ["accept-encoding", "gzip, deflate"], ["connection", "keep-alive"], ["user-agent", "python-httpx/0.28.1"]]', '127.0.0.1', '\x'),
	('run_01a22e24c8f402cae5f0885d802eaa279f489ccd1741', 'POST', '/orders/4711', '{"order_id": "4711"}', 'a=1&a=2&b=%C3%A4', '[["host", "127.0.0.1:25477"], ["accept", "*/*"], ["accept-encoding", "gzip, deflate"], ["connection", "keep-alive"], ["user-agent", "python-httpx/0.28.1"], ["content-length", "36"]]', '127.0.0.1', '\x7b226f72646572223a20343731312c20226974656d73223a205b2261222c202262225d7d'),
	('run_01a22e24ca61d47f8ec601682af4c4a697ecf81d27ef', 'POST', '/orders/4711', '{"order_id": "4711"}', 'a=1&a=2&b=%C3%A4', '[["host", "127.0.0.1:25477"], ["accept", "*/*"], ["accept-encoding", "gzip, deflate"], ["connection", "keep-alive"], ["user-agent", "python-httpx/0.28.1"], ["content-length", "36"]]', '127.0.0.1', '\x7b226f72646572223a20343731312c20226974656d73223a205b2261222c202262225d7d');


--
-- Data for Name: runs_executor; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.runs_executor VALUES
	(4, 'example-host', 4711, '2026-11-30 20:28:09.39693+00', 1),
	(5, 'example-host', 4711, '2026-11-30 20:28:10.562888+00', 1);


--
-- Data for Name: runs_retentionclock; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.runs_retentionclock VALUES
	(1, '2026-11-30 20:28:01.758856+00', 10.943831362994388, false);


--
-- Data for Name: runs_run; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.runs_run VALUES
	('run_01a22e24755b9a097921884fd1ce25a13a7ce29bc8fd', 'app_shop', 1, 'ship', '{"carrier": "Grüße"}', 60, 'complete', 1, 1, '2026-11-30 20:27:51.003515+00', '2026-11-30 20:27:51.003515+00', '2026-11-30 20:27:51.058796+00', 0.0004379680030979216, 4, false, '', '', '', 'local', '', NULL, NULL, '', 1, 0, 0),
	('run_01a22e24762b5fd657652368756717dfb4484baa8c7b', 'app_shop', 2, 'read_request', '{}', 300, 'complete', 1, 1, '2026-11-30 20:27:51.211798+00', '2026-11-30 20:27:51.211798+00', '2026-11-30 20:27:51.216366+00', 0.00022832599643152207, 1, false, '', '', '', 'local', '', NULL, NULL, '', 1, 0, 0),
	('run_01a22e2476ada7bbe0e5a8b5d1d97a5084d435109d8c', 'app_shop', 2, 'read_request', '{}', 300, 'complete', 1, 1, '2026-11-30 20:27:51.341298+00', '2026-11-30 20:27:51.341298+00', '2026-11-30 20:27:51.359383+00', 0.00037171400617808104, 1, false, '', '', '', 'local', '', NULL, NULL, '', 1, 0, 0),
	('run_01a22e247718b8d7c304ed1028219e6ef2c64398c716', 'app_shop', 2, 'read_request', '{}', 300, 'complete', 1, 1, '2026-11-30 20:27:51.448324+00', '2026-11-30 20:27:51.448324+00', '2026-11-30 20:27:51.455274+00', 0.000517806998686865, 1, false, '', '', '', 'local', '', NULL, NULL, '', 1, 0, 0),
	('run_01a22e247749ced86c7dc5e8aeb1250a9d45e5f272c7', 'app_shop', 2, 'read_request', '{}', 300, 'complete', 1, 1, '2026-11-30 20:27:51.49765+00', '2026-11-30 20:27:51.49765+00', '2026-11-30 20:27:51.499828+00', 0.00019378199067432433, 1, false, '', '', '', 'local', '', NULL, NULL, '', 1, 0, 0),
	('run_01a22e24779f473dff8ed174cdc803d4df25afe85f1a', 'app_shop', 2, 'read_request', '{}', 300, 'complete', 1, 1, '2026-11-30 20:27:51.583407+00', '2026-11-30 20:27:51.583407+00', '2026-11-30 20:27:51.588791+00', 0.00017994600057136267, 1, false, '', '', '', 'local', '', NULL, NULL, '', 1, 0, 0),
	('run_01a22e2477fdfa66bf5047d518e11b5683b7b284be5a', 'app_shop', 2, 'read_request', '{}', 300, 'complete', 1, 1, '2026-11-30 20:27:51.67787+00', '2026-11-30 20:27:51.67787+00', '2026-11-30 20:27:51.682885+00', 0.00018690900469664484, 1, false, '', '', '', 'local', '', NULL, NULL, '', 1, 0, 0),
	('run_01a22e247861713f111ec135f78010b04f9e03c80c2c', 'app_shop', 2, 'read_request', '{}', 300, 'complete', 1, 1, '2026-11-30 20:27:51.77729+00', '2026-11-30 20:27:51.77729+00', '2026-11-30 20:27:51.786637+00', 0.00028629500593524426, 1, false, '', '', '', 'local', '', NULL, NULL, '', 1, 0, 0),
	('run_01a22e2478c0f4022cf2bc4bde097812c0a5d2fc2610', 'app_shop', 3, 'echo', '{}', 300, 'complete', 1, 1, '2026-11-30 20:27:51.872818+00', '2026-11-30 20:27:51.872818+00', '2026-11-30 20:27:51.893741+00', 0.00124237900308799, 5, false, '', '', '', 'local', '', NULL, NULL, '', 1, 0, 0),
	('run_01a22e24797314c136ff0241c281906c41f8c8794764', 'app_shop', 4, 'report', '{"events": 700}', 300, 'complete', 1, 1, '2026-11-30 20:27:52.052001+00', '2026-11-30 20:27:52.052001+00', '2026-11-30 20:27:52.184645+00', 0.12390515000151936, 701, false, '', '', '', 'local', '', NULL, NULL, '', 1, 0, 0),
	('run_01a22e247a79b89a792f1336af109b9fea971d628fe8', 'app_shop', 5, 'count_words', '{}', 300, 'complete', 1, 1, '2026-11-30 20:27:52.313184+00', '2026-11-30 20:27:52.313184+00', '2026-11-30 20:27:52.319396+00', 0.001289587002247572, 3, false, '', '', '', 'local', '', NULL, NULL, '', 1, 0, 0),
	('run_01a22e247b05b52dd4f20b5792d623de5dccd3020d6c', 'app_shop', 23, 'echo', '{}', 300, 'complete', 1, 1, '2026-11-30 20:27:52.453139+00', '2026-11-30 20:27:52.453139+00', '2026-11-30 20:27:52.466101+00', 0.00014341800124384463, 5, false, '', '', '', 'local', '', NULL, NULL, '', 1, 0, 0),
	('run_01a22e247ba14497da906f933ae606844b2afe332d7b', 'app_shop', 6, 'fail', '{}', 300, 'error', 1, 1, '2026-11-30 20:27:52.609142+00', '2026-11-30 20:27:52.609142+00', '2026-11-30 20:27:52.611477+00', 0.0009094089909922332, 2, false, 'LookupError', 'no such order in attempt 1', 'Traceback (most recent call last):
  File "/srv/workflows/orders.py", line 57, in fail
    raise LookupError(f"no such order in attempt {run.attempt}")
LookupError: no such order in attempt 1
', 'local', '', NULL, NULL, '', 1, 0, 0),
	('run_01a22e247c3363315ff716459cc6498f517b886c1f67', 'app_shop', 7, 'wait', '{}', 0.2, 'error', 1, 1, '2026-11-30 20:27:52.7558+00', '2026-11-30 20:27:52.7558+00', '2026-11-30 20:27:52.968042+00', 0.2000520849978784, 2, false, 'Timeout', 'The workflow was not done after 0.2 s.', '', 'local', '', NULL, NULL, '', 1, 0, 0),
	('run_01a22e247e98e72d2152652ee72573518955cd7071f2', 'app_shop', 12, 'ship', '{}', 300, 'complete', 1, 1, '2026-11-30 20:27:53.368109+00', '2026-11-30 20:27:53.368109+00', '2026-11-30 20:27:53.372709+00', 0.00011112799984402955, 4, false, '', '', '', 'local', '', NULL, NULL, '', 1, 0, 0),
	('run_01a22e247f1050046fc98ec415add55da481f490af9f', 'app_shop', 13, 'ship', '{}', 300, 'complete', 1, 1, '2026-11-30 20:27:53.488054+00', '2026-11-30 20:27:53.488054+00', '2026-11-30 20:27:53.497833+00', 0.00012788800813723356, 4, false, '', '', '', 'local', '', NULL, NULL, '', 1, 0, 0),
	('run_01a22e247ff74a4e3fb04f0fee4fdc930d3196af6439', 'app_shop', 15, 'ship', '{}', 300, 'complete', 1, 1, '2026-11-30 20:27:53.719697+00', '2026-11-30 20:27:53.719697+00', '2026-11-30 20:27:53.725765+00', 0.00011245899077039212, 4, false, '', '', '', 'local', '', NULL, NULL, '', 1, 0, 0),
	('run_01a22e24810ecccbf1584056238414c9484bc383bb31', 'app_shop', 17, 'ship', '{}', 300, 'complete', 1, 1, '2026-11-30 20:27:53.998745+00', '2026-11-30 20:27:53.998745+00', '2026-11-30 20:27:54.009865+00', 0.00013854900316800922, 4, false, '', '', '', 'local', '', 'expires-672958d74707f568b7e520c5', '2026-11-30 20:27:54.998795+00', '', 1, 0, 0),
	('run_01a22e2483ee81649c4c59633b315282eeb58f2e51e1', 'app_pruned', 29, 'ship', '{}', 300, 'complete', 1, 1, '2026-11-30 20:27:54.735007+00', '2026-11-30 20:27:54.735007+00', '2026-11-30 20:27:54.77452+00', 0.00011432300379965454, 4, false, '', '', '', 'local', '', NULL, NULL, '', 1, 0, 0),
	('run_01a22e248a3436be54c45f0d8e5d1586dbcde2ed5a58', 'app_shop', 19, 'echo', '{}', 300, 'complete', 1, 1, '2026-11-30 20:27:56.340424+00', '2026-11-30 20:27:56.340424+00', '2026-11-30 20:27:56.351169+00', 0.00012394199438858777, 5, false, '', '', '', 'local', '', NULL, NULL, '', 1, 0, 0),
	('run_01a22e2493895c8d844d0274784815b7749821ac0447', 'app_shop', 20, 'wait', '{}', 300, 'cancelled', 1, 1, '2026-11-30 20:27:58.729757+00', '2026-11-30 20:27:58.729757+00', '2026-11-30 20:28:00.029544+00', 0, 2, true, '', '', '', 'local', '', NULL, NULL, '', 1, 0, 0),
	('run_01a22e249255619031b2da8bb2d687eea556821eb7ec', 'app_shop', 20, 'wait', '{}', 300, 'cancelled', 1, 1, '2026-11-30 20:27:58.421308+00', '2026-11-30 20:27:58.421308+00', '2026-11-30 20:28:00.545401+00', 2.1099189710075734, 2, true, '', '', '', 'local', '', NULL, NULL, '', 1, 0, 0),
	('run_01a22e24a01620bf5facfeacbb93d0e8ad5963e34107', 'app_shop', 9, 'wait_once', '{}', 300, 'interrupted', 2, 2, '2026-11-30 20:28:01.94261+00', '2026-11-30 20:28:01.94261+00', '2026-11-30 20:28:03.459546+00', 0, 2, false, 'Interrupted', 'The server stopped while the workflow ran, and the workflow is not one to be run twice.', '', 'local', '', NULL, NULL, '', 2, 0, 1),
	('run_01a22e249f574f035ad31b1138bc252bafe15ebd499c', 'app_shop', 8, 'wait', '{}', 300, 'complete', 2, 2, '2026-11-30 20:28:01.751346+00', '2026-11-30 20:28:01.751346+00', '2026-11-30 20:28:03.459546+00', 5.589399370364845e-05, 4, false, '', '', '', 'local', '', NULL, NULL, '', 2, 0, 1),
	('run_01a22e24a7561089ea5137c1f80f31c5f75daa5e34fc', 'app_shop', 1, 'ship', '{"carrier": "Grüße"}', 60, 'complete', 1, 2, '2026-11-30 20:28:03.799028+00', '2026-11-30 20:28:04.231618+00', '2026-11-30 20:28:04.318448+00', 0.0005485349975060672, 4, false, '', '', '', 'local', '', NULL, NULL, 'run_01a22e24755b9a097921884fd1ce25a13a7ce29bc8fd', 2, 0, 0),
	('run_01a22e24abe4e23cbeb558ffa319010556b4154dcb69', 'app_shop', 24, 'ship', '{}', 300, 'complete', 1, 3, '2026-11-30 20:28:04.964484+00', '2026-11-30 20:28:05.779402+00', '2026-11-30 20:28:05.947936+00', 0.0003666749980766326, 4, false, '', '', '', 'procrastinate', '', NULL, NULL, '', 2, 0, 0),
	('run_01a22e247d6b3dc5c4bfb658964de30a6035bbc84f96', 'app_shop', 10, 'ship', '{}', 300, 'complete', 1, 1, '2026-11-30 20:27:53.068002+00', '2026-11-30 20:27:53.068002+00', '2026-11-30 20:27:53.095087+00', 0.00011987399193458259, 4, false, '', '', '', 'local', '', 'delivery31710149fc2b26c0a613fada', '2100-01-01 00:00:00+00', '', 1, 0, 0),
	('run_01a22e24ad67ba99c9949519d57a5c76a3e73c6ac4ad', 'app_shop', 27, 'fail', '{"times": 1}', 300, 'complete', 2, 3, '2026-11-30 20:28:05.351642+00', '2026-11-30 20:28:06.432075+00', '2026-11-30 20:28:06.45776+00', 7.69239995861426e-05, 4, false, '', '', '', 'procrastinate', '', NULL, NULL, '', 3, 1, 0),
	('run_01a22e24aeae8c0465289b2289d9257cdadcc2357b59', 'app_shop', 26, 'fail', '{}', 300, 'error', 2, 3, '2026-11-30 20:28:05.678315+00', '2026-11-30 20:28:06.478028+00', '2026-11-30 20:28:06.571529+00', 0.0005450580065371469, 4, false, 'LookupError', 'no such order in attempt 2', 'Traceback (most recent call last):
  File "/srv/workflows/orders.py", line 57, in fail
    raise LookupError(f"no such order in attempt {run.attempt}")
LookupError: no such order in attempt 2
', 'procrastinate', '', NULL, NULL, '', 3, 1, 0),
	('run_01a22e24bfd57c9f14372fa60500620dd126179c0df8', 'app_shop', 25, 'wait', '{}', 300, 'running', 1, 5, '2026-11-30 20:28:10.06912+00', '2026-11-30 20:28:10.831812+00', NULL, NULL, 0, false, '', '', '', 'procrastinate', '', NULL, NULL, '', 2, 0, 0),
	('run_01a22e24c1a3818c1135ae1ecc58e68fd30d49df39fd', 'app_shop', 28, 'fail', '{"times": 1}', 300, 'queued', 1, 5, '2026-11-30 20:28:10.531407+00', '2026-11-30 20:28:10.896964+00', '2026-11-30 20:28:10.936366+00', 0.0012913219979964197, 2, false, 'LookupError', 'no such order in attempt 1', 'Traceback (most recent call last):
  File "/srv/workflows/orders.py", line 57, in fail
    raise LookupError(f"no such order in attempt {run.attempt}")
LookupError: no such order in attempt 1
', 'procrastinate', '', NULL, NULL, '', 2, 0, 0),
	('run_01a22e24c4fbb7563cdd8f383b29f037e4e7867ff067', 'app_shop', 24, 'ship', '{}', 300, 'queued', 1, 0, '2026-11-30 20:28:11.387696+00', NULL, NULL, NULL, 0, false, '', '', '', 'procrastinate', '', NULL, NULL, '', 1, 0, 0),
	('run_01a22e24c571623823cd72e54280b511547af0ff8859', 'app_shop', 8, 'wait', '{}', 300, 'running', 1, 4, '2026-11-30 20:28:11.505688+00', '2026-11-30 20:28:11.505688+00', NULL, NULL, 0, false, '', '', '', 'local', '', NULL, NULL, '', 1, 0, 0),
	('run_01a22e24c614ac42061081795ed7504f0c584b690d54', 'app_shop', 9, 'wait_once', '{}', 300, 'running', 1, 4, '2026-11-30 20:28:11.668776+00', '2026-11-30 20:28:11.668776+00', NULL, NULL, 0, false, '', '', '', 'local', '', NULL, NULL, '', 1, 0, 0),
	('run_01a22e24c8f402cae5f0885d802eaa279f489ccd1741', 'app_shop', 1, 'ship', '{"carrier": "Grüße"}', 60, 'queued', 1, 0, '2026-11-30 20:28:12.404481+00', NULL, NULL, NULL, 0, false, '', '', '', 'local', '', NULL, NULL, 'run_01a22e24755b9a097921884fd1ce25a13a7ce29bc8fd', 1, 0, 0),
	('run_01a22e24ca61d47f8ec601682af4c4a697ecf81d27ef', 'app_shop', 1, 'ship', '{"carrier": "Grüße"}', 60, 'queued', 1, 0, '2026-11-30 20:28:12.769146+00', NULL, NULL, NULL, 0, true, '', '', '', 'local', '', NULL, NULL, 'run_01a22e24755b9a097921884fd1ce25a13a7ce29bc8fd', 1, 0, 0),
	('run_01a22e24c6673b26bb5cf957457585f8f320125a62cf', 'app_shop', 8, 'wait', '{}', 300, 'running', 1, 4, '2026-11-30 20:28:11.751178+00', '2026-11-30 20:28:11.751178+00', NULL, NULL, 0, true, '', '', '', 'local', '', NULL, NULL, '', 1, 0, 0),
	('run_01a22e247e20f5a9b65acb30ff661d712ebc93367edd', 'app_shop', 11, 'ship', '{}', 300, 'complete', 1, 1, '2026-11-30 20:27:53.248749+00', '2026-11-30 20:27:53.248749+00', '2026-11-30 20:27:53.262814+00', 9.612999565433711e-05, 4, false, '', '', '', 'local', '', '4711-e77a9f57b659c03e9273608f', '2100-01-01 00:00:00+00', '', 1, 0, 0),
	('run_01a22e247f83ba420cd57003a66d37865ea13d6414cb', 'app_shop', 14, 'ship', '{}', 300, 'complete', 1, 1, '2026-11-30 20:27:53.60349+00', '2026-11-30 20:27:53.60349+00', '2026-11-30 20:27:53.611505+00', 0.00012202700600028038, 4, false, '', '', '', 'local', '', '482d3a0291f2979490b92dd05a4f660f', '2100-01-01 00:00:00+00', '', 1, 0, 0),
	('run_01a22e2481b2ad2b942c86930e928e36c66514d22e55', 'app_shop', 18, 'ship', '{}', 300, 'complete', 1, 1, '2026-11-30 20:27:54.162827+00', '2026-11-30 20:27:54.162827+00', '2026-11-30 20:27:54.166956+00', 0.00012292999599594623, 4, false, '', '', '', 'local', '', 'publishe15750cf972aacd751d25858a', '2100-01-01 00:00:00+00', '', 1, 0, 0),
	('run_01a22e24835c5bff609c968632a27418ca94a58287a4', 'app_pruned', 29, 'ship', '{}', 300, 'complete', 1, 1, '2026-11-30 20:27:54.588615+00', '2026-11-30 20:27:54.588615+00', '2026-11-30 20:27:54.597023+00', 0.0001237010001204908, 4, false, '', '', '', 'local', 'b10f9a6b8d4a770b3138821d', 'publishededa2d56177fc3e908e5dd05', '2100-01-01 00:00:00+00', '', 1, 0, 0);


--
-- Data for Name: runs_segment; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.runs_segment VALUES
	('run_01a22e24755b9a097921884fd1ce25a13a7ce29bc8fd', 4, 1, '2026-11-30 20:27:51.058796+00', '{"type":"progress","run_id":"run_01a22e24755b9a097921884fd1ce25a13a7ce29bc8fd","progress":50,"message":"packed","step":"pack"}
{"type":"log","run_id":"run_01a22e24755b9a097921884fd1ce25a13a7ce29bc8fd","level":"info","message":"handed over"}
{"type":"progress","run_id":"run_01a22e24755b9a097921884fd1ce25a13a7ce29bc8fd","progress":100,"message":"shipped","step":"ship"}
{"type":"complete","run_id":"run_01a22e24755b9a097921884fd1ce25a13a7ce29bc8fd","output":{"carrier":"Grüße","order":{"order":4711,"items":["a","b"]},"params":{"order_id":"4711"},"attempt":1}}'),
	('run_01a22e24762b5fd657652368756717dfb4484baa8c7b', 1, 1, '2026-11-30 20:27:51.216366+00', '{"type":"complete","run_id":"run_01a22e24762b5fd657652368756717dfb4484baa8c7b","output":{"method":"POST","query":{},"content_type":"application/json","body":"{\"text\":\"GrÃ¼Ãe ð\",\"none\":null,\"number\":1.5}","json":{"text":"Grüße 😀","none":null,"number":1.5},"form":{},"files":{},"umlaut":"Grüße   😀"}}'),
	('run_01a22e2476ada7bbe0e5a8b5d1d97a5084d435109d8c', 1, 1, '2026-11-30 20:27:51.359383+00', '{"type":"complete","run_id":"run_01a22e2476ada7bbe0e5a8b5d1d97a5084d435109d8c","output":{"method":"PUT","query":{},"content_type":"application/x-www-form-urlencoded","body":"name=a&name=b&empty=","json":null,"form":{"name":["a","b"],"empty":[""]},"files":{},"umlaut":"Grüße   😀"}}'),
	('run_01a22e247718b8d7c304ed1028219e6ef2c64398c716', 1, 1, '2026-11-30 20:27:51.455274+00', '{"type":"complete","run_id":"run_01a22e247718b8d7c304ed1028219e6ef2c64398c716","output":{"method":"PATCH","query":{},"content_type":"multipart/form-data; boundary=168a665c22d35315dd24c2387c4020c8","body":"--168a665c22d35315dd24c2387c4020c8\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\na\r\n--168a665c22d35315dd24c2387c4020c8\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.bin\"\r\nContent-Type: application/octet-stream\r\n\r\n\u0000\u0001\u0002\u0003\u0004\u0005\u0006\u0007\b\t\n\u000b\f\r\u000e\u000f\u0010\u0011\u0012\u0013\u0014\u0015\u0016\u0017\u0018\u0019\u001a\u001b\u001c\u001d\u001e\u001f !\"#$%&''()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~ ¡¢£¤¥¦§¨©ª«¬­®¯°±²³´µ¶·¸¹º»¼½¾¿ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÐÑÒÓÔÕÖ×ØÙÚÛÜÝÞßàáâãäåæçèéêëìíîïðñòóôõö÷øùúûüýþÿ\r\n--168a665c22d35315dd24c2387c4020c8--\r\n","json":null,"form":{"name":["a"]},"files":{"file":["\u0000\u0001\u0002\u0003\u0004\u0005\u0006\u0007\b\t\n\u000b\f\r\u000e\u000f\u0010\u0011\u0012\u0013\u0014\u0015\u0016\u0017\u0018\u0019\u001a\u001b\u001c\u001d\u001e\u001f !\"#$%&''()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~ ¡¢£¤¥¦§¨©ª«¬­®¯°±²³´µ¶·¸¹º»¼½¾¿ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÐÑÒÓÔÕÖ×ØÙÚÛÜÝÞßàáâãäåæçèéêëìíîïðñòóôõö÷øùúûüýþÿ"]},"umlaut":"Grüße   😀"}}'),
	('run_01a22e247749ced86c7dc5e8aeb1250a9d45e5f272c7', 1, 1, '2026-11-30 20:27:51.499828+00', '{"type":"complete","run_id":"run_01a22e247749ced86c7dc5e8aeb1250a9d45e5f272c7","output":{"method":"POST","query":{},"content_type":"application/octet-stream","body":"\u0000\u0001\u0002\u0003\u0004\u0005\u0006\u0007\b\t\n\u000b\f\r\u000e\u000f\u0010\u0011\u0012\u0013\u0014\u0015\u0016\u0017\u0018\u0019\u001a\u001b\u001c\u001d\u001e\u001f !\"#$%&''()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~ ¡¢£¤¥¦§¨©ª«¬­®¯°±²³´µ¶·¸¹º»¼½¾¿ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÐÑÒÓÔÕÖ×ØÙÚÛÜÝÞßàáâãäåæçèéêëìíîïðñòóôõö÷øùúûüýþÿ","json":null,"form":{},"files":{},"umlaut":"Grüße   😀"}}'),
	('run_01a22e24779f473dff8ed174cdc803d4df25afe85f1a', 1, 1, '2026-11-30 20:27:51.588791+00', '{"type":"complete","run_id":"run_01a22e24779f473dff8ed174cdc803d4df25afe85f1a","output":{"method":"POST","query":{},"content_type":"application/json","body":"{\"order\": 4711, \"items\": [\"a\", \"b\"]}","json":{"order":4711,"items":["a","b"]},"form":{},"files":{},"umlaut":"Grüße   😀"}}'),
	('run_01a22e2477fdfa66bf5047d518e11b5683b7b284be5a', 1, 1, '2026-11-30 20:27:51.682885+00', '{"type":"complete","run_id":"run_01a22e2477fdfa66bf5047d518e11b5683b7b284be5a","output":{"method":"DELETE","query":{},"content_type":"","body":"","json":null,"form":{},"files":{},"umlaut":"Grüße   😀"}}'),
	('run_01a22e247861713f111ec135f78010b04f9e03c80c2c', 1, 1, '2026-11-30 20:27:51.786637+00', '{"type":"complete","run_id":"run_01a22e247861713f111ec135f78010b04f9e03c80c2c","output":{"method":"GET","query":{},"content_type":"","body":"","json":null,"form":{},"files":{},"umlaut":"Grüße   😀"}}'),
	('run_01a22e2478c0f4022cf2bc4bde097812c0a5d2fc2610', 5, 1, '2026-11-30 20:27:51.892539+00', '{"type":"progress","run_id":"run_01a22e2478c0f4022cf2bc4bde097812c0a5d2fc2610","progress":25}
{"type":"progress","run_id":"run_01a22e2478c0f4022cf2bc4bde097812c0a5d2fc2610","progress":50}
{"type":"progress","run_id":"run_01a22e2478c0f4022cf2bc4bde097812c0a5d2fc2610","progress":75}
{"type":"progress","run_id":"run_01a22e2478c0f4022cf2bc4bde097812c0a5d2fc2610","progress":100}
{"type":"complete","run_id":"run_01a22e2478c0f4022cf2bc4bde097812c0a5d2fc2610","output":{"method":"GET","path":"/hello"}}'),
	('run_01a22e24797314c136ff0241c281906c41f8c8794764', 128, 1, '2026-11-30 20:27:52.06095+00', '{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000000"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000001"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000002"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000003"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000004"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000005"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000006"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000007"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000008"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000009"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000010"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000011"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000012"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000013"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000014"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000015"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000016"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000017"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000018"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000019"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000020"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000021"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000022"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000023"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000024"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000025"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000026"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000027"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000028"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000029"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000030"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000031"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000032"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000033"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000034"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000035"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000036"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000037"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000038"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000039"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000040"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000041"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000042"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000043"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000044"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000045"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000046"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000047"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000048"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000049"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000050"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000051"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000052"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000053"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000054"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000055"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000056"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000057"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000058"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000059"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000060"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000061"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000062"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000063"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000064"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000065"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000066"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000067"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000068"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000069"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000070"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000071"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000072"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000073"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000074"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000075"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000076"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000077"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000078"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000079"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000080"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000081"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000082"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000083"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000084"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000085"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000086"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000087"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000088"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000089"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000090"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000091"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000092"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000093"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000094"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000095"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000096"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000097"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000098"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000099"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000100"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000101"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000102"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000103"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000104"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000105"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000106"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000107"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000108"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000109"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000110"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000111"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000112"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000113"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000114"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000115"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000116"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000117"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000118"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000119"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000120"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000121"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000122"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000123"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000124"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000125"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000126"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000127"}'),
	('run_01a22e24797314c136ff0241c281906c41f8c8794764', 256, 129, '2026-11-30 20:27:52.088861+00', '{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000128"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000129"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000130"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000131"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000132"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000133"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000134"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000135"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000136"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000137"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000138"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000139"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000140"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000141"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000142"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000143"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000144"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000145"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000146"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000147"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000148"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000149"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000150"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000151"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000152"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000153"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000154"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000155"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000156"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000157"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000158"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000159"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000160"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000161"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000162"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000163"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000164"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000165"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000166"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000167"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000168"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000169"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000170"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000171"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000172"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000173"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000174"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000175"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000176"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000177"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000178"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000179"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000180"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000181"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000182"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000183"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000184"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000185"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000186"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000187"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000188"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000189"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000190"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000191"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000192"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000193"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000194"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000195"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000196"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000197"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000198"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000199"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000200"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000201"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000202"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000203"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000204"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000205"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000206"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000207"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000208"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000209"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000210"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000211"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000212"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000213"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000214"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000215"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000216"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000217"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000218"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000219"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000220"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000221"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000222"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000223"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000224"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000225"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000226"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000227"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000228"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000229"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000230"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000231"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000232"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000233"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000234"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000235"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000236"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000237"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000238"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000239"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000240"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000241"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000242"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000243"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000244"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000245"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000246"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000247"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000248"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000249"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000250"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000251"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000252"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000253"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000254"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000255"}'),
	('run_01a22e24797314c136ff0241c281906c41f8c8794764', 384, 257, '2026-11-30 20:27:52.128802+00', '{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000256"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000257"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000258"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000259"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000260"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000261"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000262"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000263"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000264"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000265"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000266"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000267"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000268"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000269"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000270"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000271"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000272"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000273"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000274"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000275"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000276"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000277"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000278"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000279"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000280"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000281"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000282"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000283"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000284"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000285"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000286"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000287"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000288"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000289"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000290"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000291"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000292"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000293"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000294"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000295"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000296"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000297"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000298"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000299"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000300"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000301"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000302"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000303"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000304"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000305"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000306"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000307"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000308"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000309"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000310"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000311"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000312"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000313"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000314"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000315"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000316"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000317"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000318"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000319"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000320"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000321"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000322"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000323"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000324"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000325"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000326"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000327"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000328"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000329"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000330"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000331"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000332"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000333"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000334"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000335"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000336"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000337"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000338"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000339"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000340"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000341"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000342"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000343"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000344"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000345"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000346"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000347"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000348"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000349"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000350"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000351"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000352"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000353"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000354"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000355"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000356"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000357"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000358"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000359"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000360"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000361"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000362"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000363"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000364"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000365"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000366"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000367"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000368"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000369"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000370"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000371"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000372"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000373"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000374"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000375"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000376"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000377"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000378"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000379"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000380"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000381"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000382"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000383"}'),
	('run_01a22e24797314c136ff0241c281906c41f8c8794764', 512, 385, '2026-11-30 20:27:52.143096+00', '{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000384"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000385"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000386"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000387"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000388"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000389"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000390"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000391"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000392"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000393"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000394"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000395"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000396"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000397"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000398"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000399"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000400"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000401"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000402"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000403"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000404"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000405"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000406"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000407"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000408"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000409"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000410"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000411"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000412"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000413"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000414"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000415"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000416"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000417"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000418"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000419"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000420"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000421"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000422"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000423"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000424"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000425"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000426"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000427"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000428"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000429"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000430"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000431"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000432"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000433"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000434"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000435"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000436"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000437"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000438"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000439"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000440"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000441"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000442"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000443"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000444"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000445"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000446"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000447"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000448"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000449"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000450"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000451"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000452"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000453"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000454"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000455"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000456"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000457"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000458"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000459"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000460"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000461"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000462"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000463"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000464"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000465"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000466"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000467"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000468"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000469"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000470"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000471"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000472"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000473"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000474"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000475"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000476"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000477"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000478"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000479"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000480"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000481"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000482"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000483"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000484"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000485"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000486"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000487"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000488"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000489"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000490"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000491"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000492"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000493"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000494"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000495"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000496"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000497"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000498"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000499"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000500"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000501"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000502"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000503"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000504"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000505"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000506"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000507"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000508"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000509"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000510"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000511"}'),
	('run_01a22e24797314c136ff0241c281906c41f8c8794764', 640, 513, '2026-11-30 20:27:52.170099+00', '{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000512"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000513"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000514"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000515"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000516"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000517"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000518"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000519"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000520"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000521"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000522"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000523"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000524"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000525"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000526"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000527"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000528"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000529"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000530"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000531"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000532"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000533"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000534"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000535"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000536"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000537"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000538"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000539"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000540"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000541"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000542"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000543"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000544"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000545"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000546"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000547"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000548"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000549"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000550"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000551"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000552"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000553"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000554"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000555"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000556"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000557"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000558"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000559"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000560"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000561"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000562"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000563"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000564"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000565"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000566"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000567"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000568"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000569"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000570"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000571"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000572"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000573"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000574"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000575"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000576"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000577"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000578"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000579"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000580"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000581"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000582"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000583"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000584"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000585"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000586"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000587"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000588"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000589"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000590"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000591"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000592"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000593"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000594"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000595"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000596"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000597"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000598"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000599"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000600"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000601"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000602"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000603"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000604"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000605"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000606"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000607"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000608"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000609"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000610"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000611"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000612"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000613"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000614"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000615"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000616"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000617"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000618"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000619"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000620"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000621"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000622"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000623"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000624"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000625"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000626"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000627"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000628"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000629"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000630"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000631"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000632"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000633"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000634"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000635"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000636"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000637"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000638"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000639"}'),
	('run_01a22e24797314c136ff0241c281906c41f8c8794764', 701, 641, '2026-11-30 20:27:52.184645+00', '{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000640"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000641"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000642"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000643"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000644"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000645"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000646"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000647"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000648"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000649"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000650"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000651"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000652"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000653"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000654"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000655"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000656"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000657"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000658"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000659"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000660"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000661"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000662"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000663"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000664"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000665"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000666"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000667"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000668"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000669"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000670"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000671"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000672"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000673"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000674"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000675"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000676"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000677"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000678"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000679"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000680"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000681"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000682"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000683"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000684"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000685"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000686"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000687"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000688"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000689"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000690"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000691"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000692"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000693"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000694"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000695"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000696"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000697"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000698"}
{"type":"log","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","level":"info","message":"line 000699"}
{"type":"complete","run_id":"run_01a22e24797314c136ff0241c281906c41f8c8794764","output":"done"}'),
	('run_01a22e247a79b89a792f1336af109b9fea971d628fe8', 1, 1, '2026-11-30 20:27:52.319396+00', '{"type":"progress","run_id":"run_01a22e247a79b89a792f1336af109b9fea971d628fe8","progress":50,"message":"half"}'),
	('run_01a22e247a79b89a792f1336af109b9fea971d628fe8', 3, 2, '2026-11-30 20:27:52.319396+00', '{"type":"log","run_id":"run_01a22e247a79b89a792f1336af109b9fea971d628fe8","level":"warning","message":"from a thread"}
{"type":"complete","run_id":"run_01a22e247a79b89a792f1336af109b9fea971d628fe8","output":{"words":3}}'),
	('run_01a22e247b05b52dd4f20b5792d623de5dccd3020d6c', 5, 1, '2026-11-30 20:27:52.466101+00', '{"type":"progress","run_id":"run_01a22e247b05b52dd4f20b5792d623de5dccd3020d6c","progress":25}
{"type":"progress","run_id":"run_01a22e247b05b52dd4f20b5792d623de5dccd3020d6c","progress":50}
{"type":"progress","run_id":"run_01a22e247b05b52dd4f20b5792d623de5dccd3020d6c","progress":75}
{"type":"progress","run_id":"run_01a22e247b05b52dd4f20b5792d623de5dccd3020d6c","progress":100}
{"type":"complete","run_id":"run_01a22e247b05b52dd4f20b5792d623de5dccd3020d6c","output":{"method":"POST","path":"/ranked","json":{}}}'),
	('run_01a22e247ba14497da906f933ae606844b2afe332d7b', 2, 1, '2026-11-30 20:27:52.610577+00', '{"type":"progress","run_id":"run_01a22e247ba14497da906f933ae606844b2afe332d7b","progress":10}
{"type":"error","run_id":"run_01a22e247ba14497da906f933ae606844b2afe332d7b","error":{"type":"LookupError","message":"no such order in attempt 1"}}'),
	('run_01a22e247c3363315ff716459cc6498f517b886c1f67', 1, 1, '2026-11-30 20:27:52.768007+00', '{"type":"progress","run_id":"run_01a22e247c3363315ff716459cc6498f517b886c1f67","progress":10,"message":"attempt 1"}'),
	('run_01a22e247c3363315ff716459cc6498f517b886c1f67', 2, 2, '2026-11-30 20:27:52.968042+00', '{"type":"error","run_id":"run_01a22e247c3363315ff716459cc6498f517b886c1f67","error":{"type":"Timeout","message":"The workflow was not done after 0.2 s."}}'),
	('run_01a22e247d6b3dc5c4bfb658964de30a6035bbc84f96', 4, 1, '2026-11-30 20:27:53.095087+00', '{"type":"progress","run_id":"run_01a22e247d6b3dc5c4bfb658964de30a6035bbc84f96","progress":50,"message":"packed","step":"pack"}
{"type":"log","run_id":"run_01a22e247d6b3dc5c4bfb658964de30a6035bbc84f96","level":"info","message":"handed over"}
{"type":"progress","run_id":"run_01a22e247d6b3dc5c4bfb658964de30a6035bbc84f96","progress":100,"message":"shipped","step":"ship"}
{"type":"complete","run_id":"run_01a22e247d6b3dc5c4bfb658964de30a6035bbc84f96","output":{"carrier":"post","order":{"id":"evt_4711"},"params":{},"attempt":1}}'),
	('run_01a22e247e20f5a9b65acb30ff661d712ebc93367edd', 4, 1, '2026-11-30 20:27:53.262814+00', '{"type":"progress","run_id":"run_01a22e247e20f5a9b65acb30ff661d712ebc93367edd","progress":50,"message":"packed","step":"pack"}
{"type":"log","run_id":"run_01a22e247e20f5a9b65acb30ff661d712ebc93367edd","level":"info","message":"handed over"}
{"type":"progress","run_id":"run_01a22e247e20f5a9b65acb30ff661d712ebc93367edd","progress":100,"message":"shipped","step":"ship"}
{"type":"complete","run_id":"run_01a22e247e20f5a9b65acb30ff661d712ebc93367edd","output":{"carrier":"post","order":{"id":"evt_4711"},"params":{},"attempt":1}}'),
	('run_01a22e247e98e72d2152652ee72573518955cd7071f2', 4, 1, '2026-11-30 20:27:53.372709+00', '{"type":"progress","run_id":"run_01a22e247e98e72d2152652ee72573518955cd7071f2","progress":50,"message":"packed","step":"pack"}
{"type":"log","run_id":"run_01a22e247e98e72d2152652ee72573518955cd7071f2","level":"info","message":"handed over"}
{"type":"progress","run_id":"run_01a22e247e98e72d2152652ee72573518955cd7071f2","progress":100,"message":"shipped","step":"ship"}
{"type":"complete","run_id":"run_01a22e247e98e72d2152652ee72573518955cd7071f2","output":{"carrier":"post","order":{"id":"evt_4711"},"params":{},"attempt":1}}'),
	('run_01a22e247f1050046fc98ec415add55da481f490af9f', 4, 1, '2026-11-30 20:27:53.497833+00', '{"type":"progress","run_id":"run_01a22e247f1050046fc98ec415add55da481f490af9f","progress":50,"message":"packed","step":"pack"}
{"type":"log","run_id":"run_01a22e247f1050046fc98ec415add55da481f490af9f","level":"info","message":"handed over"}
{"type":"progress","run_id":"run_01a22e247f1050046fc98ec415add55da481f490af9f","progress":100,"message":"shipped","step":"ship"}
{"type":"complete","run_id":"run_01a22e247f1050046fc98ec415add55da481f490af9f","output":{"carrier":"post","order":{"id":"evt_4711"},"params":{},"attempt":1}}'),
	('run_01a22e247f83ba420cd57003a66d37865ea13d6414cb', 4, 1, '2026-11-30 20:27:53.611505+00', '{"type":"progress","run_id":"run_01a22e247f83ba420cd57003a66d37865ea13d6414cb","progress":50,"message":"packed","step":"pack"}
{"type":"log","run_id":"run_01a22e247f83ba420cd57003a66d37865ea13d6414cb","level":"info","message":"handed over"}
{"type":"progress","run_id":"run_01a22e247f83ba420cd57003a66d37865ea13d6414cb","progress":100,"message":"shipped","step":"ship"}
{"type":"complete","run_id":"run_01a22e247f83ba420cd57003a66d37865ea13d6414cb","output":{"carrier":"post","order":{"id":"evt_4711"},"params":{},"attempt":1}}'),
	('run_01a22e247ff74a4e3fb04f0fee4fdc930d3196af6439', 4, 1, '2026-11-30 20:27:53.725765+00', '{"type":"progress","run_id":"run_01a22e247ff74a4e3fb04f0fee4fdc930d3196af6439","progress":50,"message":"packed","step":"pack"}
{"type":"log","run_id":"run_01a22e247ff74a4e3fb04f0fee4fdc930d3196af6439","level":"info","message":"handed over"}
{"type":"progress","run_id":"run_01a22e247ff74a4e3fb04f0fee4fdc930d3196af6439","progress":100,"message":"shipped","step":"ship"}
{"type":"complete","run_id":"run_01a22e247ff74a4e3fb04f0fee4fdc930d3196af6439","output":{"carrier":"post","order":{"id":"evt_4711"},"params":{},"attempt":1}}'),
	('run_01a22e24810ecccbf1584056238414c9484bc383bb31', 4, 1, '2026-11-30 20:27:54.009865+00', '{"type":"progress","run_id":"run_01a22e24810ecccbf1584056238414c9484bc383bb31","progress":50,"message":"packed","step":"pack"}
{"type":"log","run_id":"run_01a22e24810ecccbf1584056238414c9484bc383bb31","level":"info","message":"handed over"}
{"type":"progress","run_id":"run_01a22e24810ecccbf1584056238414c9484bc383bb31","progress":100,"message":"shipped","step":"ship"}
{"type":"complete","run_id":"run_01a22e24810ecccbf1584056238414c9484bc383bb31","output":{"carrier":"post","order":{"order":4711,"items":["a","b"]},"params":{},"attempt":1}}'),
	('run_01a22e2481b2ad2b942c86930e928e36c66514d22e55', 4, 1, '2026-11-30 20:27:54.166956+00', '{"type":"progress","run_id":"run_01a22e2481b2ad2b942c86930e928e36c66514d22e55","progress":50,"message":"packed","step":"pack"}
{"type":"log","run_id":"run_01a22e2481b2ad2b942c86930e928e36c66514d22e55","level":"info","message":"handed over"}
{"type":"progress","run_id":"run_01a22e2481b2ad2b942c86930e928e36c66514d22e55","progress":100,"message":"shipped","step":"ship"}
{"type":"complete","run_id":"run_01a22e2481b2ad2b942c86930e928e36c66514d22e55","output":{"carrier":"post","order":{"order":4711,"items":["a","b"]},"params":{},"attempt":1}}'),
	('run_01a22e24835c5bff609c968632a27418ca94a58287a4', 4, 1, '2026-11-30 20:27:54.597023+00', '{"type":"progress","run_id":"run_01a22e24835c5bff609c968632a27418ca94a58287a4","progress":50,"message":"packed","step":"pack"}
{"type":"log","run_id":"run_01a22e24835c5bff609c968632a27418ca94a58287a4","level":"info","message":"handed over"}
{"type":"progress","run_id":"run_01a22e24835c5bff609c968632a27418ca94a58287a4","progress":100,"message":"shipped","step":"ship"}
{"type":"complete","run_id":"run_01a22e24835c5bff609c968632a27418ca94a58287a4","output":{"carrier":"post","order":{"order":4711,"items":["a","b"]},"params":{},"attempt":1}}'),
	('run_01a22e2483ee81649c4c59633b315282eeb58f2e51e1', 4, 1, '2026-11-30 20:27:54.77452+00', '{"type":"progress","run_id":"run_01a22e2483ee81649c4c59633b315282eeb58f2e51e1","progress":50,"message":"packed","step":"pack"}
{"type":"log","run_id":"run_01a22e2483ee81649c4c59633b315282eeb58f2e51e1","level":"info","message":"handed over"}
{"type":"progress","run_id":"run_01a22e2483ee81649c4c59633b315282eeb58f2e51e1","progress":100,"message":"shipped","step":"ship"}
{"type":"complete","run_id":"run_01a22e2483ee81649c4c59633b315282eeb58f2e51e1","output":{"carrier":"post","order":{"order":4711,"items":["a","b"]},"params":{},"attempt":1}}'),
	('run_01a22e248a3436be54c45f0d8e5d1586dbcde2ed5a58', 5, 1, '2026-11-30 20:27:56.351169+00', '{"type":"progress","run_id":"run_01a22e248a3436be54c45f0d8e5d1586dbcde2ed5a58","progress":25}
{"type":"progress","run_id":"run_01a22e248a3436be54c45f0d8e5d1586dbcde2ed5a58","progress":50}
{"type":"progress","run_id":"run_01a22e248a3436be54c45f0d8e5d1586dbcde2ed5a58","progress":75}
{"type":"progress","run_id":"run_01a22e248a3436be54c45f0d8e5d1586dbcde2ed5a58","progress":100}
{"type":"complete","run_id":"run_01a22e248a3436be54c45f0d8e5d1586dbcde2ed5a58","output":{"method":"POST","path":"/limited","json":{}}}'),
	('run_01a22e249255619031b2da8bb2d687eea556821eb7ec', 1, 1, '2026-11-30 20:27:58.435515+00', '{"type":"progress","run_id":"run_01a22e249255619031b2da8bb2d687eea556821eb7ec","progress":10,"message":"attempt 1"}'),
	('run_01a22e2493895c8d844d0274784815b7749821ac0447', 1, 1, '2026-11-30 20:27:58.742863+00', '{"type":"log","run_id":"run_01a22e2493895c8d844d0274784815b7749821ac0447","level":"info","message":"Waiting for its turn: only so many runs are executed here at once."}'),
	('run_01a22e2493895c8d844d0274784815b7749821ac0447', 2, 2, '2026-11-30 20:28:00.029544+00', '{"type":"cancelled","run_id":"run_01a22e2493895c8d844d0274784815b7749821ac0447"}'),
	('run_01a22e249255619031b2da8bb2d687eea556821eb7ec', 2, 2, '2026-11-30 20:28:00.545401+00', '{"type":"cancelled","run_id":"run_01a22e249255619031b2da8bb2d687eea556821eb7ec"}'),
	('run_01a22e249f574f035ad31b1138bc252bafe15ebd499c', 1, 1, '2026-11-30 20:28:01.779225+00', '{"type":"progress","run_id":"run_01a22e249f574f035ad31b1138bc252bafe15ebd499c","progress":10,"message":"attempt 1"}'),
	('run_01a22e24a01620bf5facfeacbb93d0e8ad5963e34107', 1, 1, '2026-11-30 20:28:01.970722+00', '{"type":"progress","run_id":"run_01a22e24a01620bf5facfeacbb93d0e8ad5963e34107","progress":10}'),
	('run_01a22e24a01620bf5facfeacbb93d0e8ad5963e34107', 2, 2, '2026-11-30 20:28:03.459546+00', '{"type":"error","run_id":"run_01a22e24a01620bf5facfeacbb93d0e8ad5963e34107","error":{"type":"Interrupted","message":"The server stopped while the workflow ran, and the workflow is not one to be run twice."}}'),
	('run_01a22e249f574f035ad31b1138bc252bafe15ebd499c', 2, 2, '2026-11-30 20:28:03.459329+00', '{"type":"log","run_id":"run_01a22e249f574f035ad31b1138bc252bafe15ebd499c","level":"warning","message":"The server stopped during attempt 1; this is attempt 2."}'),
	('run_01a22e249f574f035ad31b1138bc252bafe15ebd499c', 4, 3, '2026-11-30 20:28:03.459546+00', '{"type":"progress","run_id":"run_01a22e249f574f035ad31b1138bc252bafe15ebd499c","progress":10,"message":"attempt 2"}
{"type":"complete","run_id":"run_01a22e249f574f035ad31b1138bc252bafe15ebd499c","output":{"attempt":2,"body":"begun again"}}'),
	('run_01a22e24a7561089ea5137c1f80f31c5f75daa5e34fc', 4, 1, '2026-11-30 20:28:04.318448+00', '{"type":"progress","run_id":"run_01a22e24a7561089ea5137c1f80f31c5f75daa5e34fc","progress":50,"message":"packed","step":"pack"}
{"type":"log","run_id":"run_01a22e24a7561089ea5137c1f80f31c5f75daa5e34fc","level":"info","message":"handed over"}
{"type":"progress","run_id":"run_01a22e24a7561089ea5137c1f80f31c5f75daa5e34fc","progress":100,"message":"shipped","step":"ship"}
{"type":"complete","run_id":"run_01a22e24a7561089ea5137c1f80f31c5f75daa5e34fc","output":{"carrier":"Grüße","order":{"order":4711,"items":["a","b"]},"params":{"order_id":"4711"},"attempt":1}}'),
	('run_01a22e24ad67ba99c9949519d57a5c76a3e73c6ac4ad', 2, 1, '2026-11-30 20:28:05.664747+00', '{"type":"progress","run_id":"run_01a22e24ad67ba99c9949519d57a5c76a3e73c6ac4ad","progress":10}
{"type":"log","run_id":"run_01a22e24ad67ba99c9949519d57a5c76a3e73c6ac4ad","level":"warning","message":"Attempt 1 failed: LookupError: no such order in attempt 1. The next starts in 0 s."}'),
	('run_01a22e24abe4e23cbeb558ffa319010556b4154dcb69', 4, 1, '2026-11-30 20:28:05.947936+00', '{"type":"progress","run_id":"run_01a22e24abe4e23cbeb558ffa319010556b4154dcb69","progress":50,"message":"packed","step":"pack"}
{"type":"log","run_id":"run_01a22e24abe4e23cbeb558ffa319010556b4154dcb69","level":"info","message":"handed over"}
{"type":"progress","run_id":"run_01a22e24abe4e23cbeb558ffa319010556b4154dcb69","progress":100,"message":"shipped","step":"ship"}
{"type":"complete","run_id":"run_01a22e24abe4e23cbeb558ffa319010556b4154dcb69","output":{"carrier":"post","order":{"order":4711,"items":["a","b"]},"params":{},"attempt":1}}'),
	('run_01a22e24aeae8c0465289b2289d9257cdadcc2357b59', 2, 1, '2026-11-30 20:28:06.073126+00', '{"type":"progress","run_id":"run_01a22e24aeae8c0465289b2289d9257cdadcc2357b59","progress":10}
{"type":"log","run_id":"run_01a22e24aeae8c0465289b2289d9257cdadcc2357b59","level":"warning","message":"Attempt 1 failed: LookupError: no such order in attempt 1. The next starts in 0 s."}'),
	('run_01a22e24ad67ba99c9949519d57a5c76a3e73c6ac4ad', 4, 3, '2026-11-30 20:28:06.45776+00', '{"type":"progress","run_id":"run_01a22e24ad67ba99c9949519d57a5c76a3e73c6ac4ad","progress":10}
{"type":"complete","run_id":"run_01a22e24ad67ba99c9949519d57a5c76a3e73c6ac4ad","output":{"attempt":2}}'),
	('run_01a22e24aeae8c0465289b2289d9257cdadcc2357b59', 4, 3, '2026-11-30 20:28:06.570998+00', '{"type":"progress","run_id":"run_01a22e24aeae8c0465289b2289d9257cdadcc2357b59","progress":10}
{"type":"error","run_id":"run_01a22e24aeae8c0465289b2289d9257cdadcc2357b59","error":{"type":"LookupError","message":"no such order in attempt 2"}}'),
	('run_01a22e24bfd57c9f14372fa60500620dd126179c0df8', 1, 1, '2026-11-30 20:28:10.875151+00', '{"type":"progress","run_id":"run_01a22e24bfd57c9f14372fa60500620dd126179c0df8","progress":10,"message":"attempt 1"}'),
	('run_01a22e24c1a3818c1135ae1ecc58e68fd30d49df39fd', 2, 1, '2026-11-30 20:28:10.935092+00', '{"type":"progress","run_id":"run_01a22e24c1a3818c1135ae1ecc58e68fd30d49df39fd","progress":10}
{"type":"log","run_id":"run_01a22e24c1a3818c1135ae1ecc58e68fd30d49df39fd","level":"warning","message":"Attempt 1 failed: LookupError: no such order in attempt 1. The next starts in 60 s."}'),
	('run_01a22e24c571623823cd72e54280b511547af0ff8859', 1, 1, '2026-11-30 20:28:11.51501+00', '{"type":"progress","run_id":"run_01a22e24c571623823cd72e54280b511547af0ff8859","progress":10,"message":"attempt 1"}');
INSERT INTO public.runs_segment VALUES
	('run_01a22e24c614ac42061081795ed7504f0c584b690d54', 1, 1, '2026-11-30 20:28:11.690825+00', '{"type":"progress","run_id":"run_01a22e24c614ac42061081795ed7504f0c584b690d54","progress":10}'),
	('run_01a22e24c6673b26bb5cf957457585f8f320125a62cf', 1, 1, '2026-11-30 20:28:11.758801+00', '{"type":"progress","run_id":"run_01a22e24c6673b26bb5cf957457585f8f320125a62cf","progress":10,"message":"attempt 1"}');


--
-- Data for Name: runs_tally; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.runs_tally VALUES
	(60, 1796070420, 1, 'app_shop', 'complete:000', 1),
	(60, 1796070420, 0, '', 'complete:000', 20),
	(3600, 1796068800, 1, 'app_shop', 'complete:000', 2),
	(60, 1796070420, 11, 'app_shop', 'complete:000', 1),
	(60, 1796070420, 12, 'app_shop', 'complete:000', 1),
	(60, 1796070420, 13, 'app_shop', 'complete:000', 1),
	(60, 1796070420, 17, 'app_shop', 'complete:000', 1),
	(60, 1796070420, 18, 'app_shop', 'complete:000', 1),
	(3600, 1796068800, 11, 'app_shop', 'complete:000', 1),
	(3600, 1796068800, 12, 'app_shop', 'complete:000', 1),
	(3600, 1796068800, 13, 'app_shop', 'complete:000', 1),
	(60, 1796070420, 0, '', 'complete:001', 1),
	(60, 1796070420, 0, 'app_shop', 'complete:000', 18),
	(60, 1796070420, 0, 'app_shop', 'complete:001', 1),
	(60, 1796070420, 2, 'app_shop', 'complete:000', 7),
	(60, 1796070420, 3, 'app_shop', 'complete:001', 1),
	(86400, 1795996800, 1, 'app_shop', 'complete:000', 2),
	(3600, 1796068800, 0, '', 'complete:001', 1),
	(86400, 1795996800, 11, 'app_shop', 'complete:000', 1),
	(3600, 1796068800, 0, 'app_shop', 'complete:001', 1),
	(3600, 1796068800, 2, 'app_shop', 'complete:000', 7),
	(3600, 1796068800, 3, 'app_shop', 'complete:001', 1),
	(86400, 1795996800, 12, 'app_shop', 'complete:000', 1),
	(86400, 1795996800, 0, '', 'complete:001', 1),
	(86400, 1795996800, 13, 'app_shop', 'complete:000', 1),
	(86400, 1795996800, 0, 'app_shop', 'complete:001', 1),
	(86400, 1795996800, 2, 'app_shop', 'complete:000', 7),
	(86400, 1795996800, 3, 'app_shop', 'complete:001', 1),
	(60, 1796070420, 0, '', 'complete:028', 1),
	(60, 1796070420, 0, 'app_shop', 'complete:028', 1),
	(60, 1796070420, 4, 'app_shop', 'complete:028', 1),
	(3600, 1796068800, 0, '', 'complete:028', 1),
	(3600, 1796068800, 0, 'app_shop', 'complete:028', 1),
	(3600, 1796068800, 4, 'app_shop', 'complete:028', 1),
	(86400, 1795996800, 0, '', 'complete:028', 1),
	(86400, 1795996800, 0, 'app_shop', 'complete:028', 1),
	(86400, 1795996800, 4, 'app_shop', 'complete:028', 1),
	(3600, 1796068800, 0, '', 'error:000', 2),
	(60, 1796070420, 0, '', 'complete:002', 1),
	(60, 1796070420, 0, '', 'error:000', 1),
	(60, 1796070420, 0, 'app_pruned', 'complete:000', 2),
	(60, 1796070420, 0, 'app_shop', 'complete:002', 1),
	(60, 1796070420, 0, 'app_shop', 'error:000', 1),
	(60, 1796070420, 5, 'app_shop', 'complete:002', 1),
	(60, 1796070420, 6, 'app_shop', 'error:000', 1),
	(60, 1796070420, 23, 'app_shop', 'complete:000', 1),
	(60, 1796070420, 14, 'app_shop', 'complete:000', 1),
	(3600, 1796068800, 0, '', 'complete:002', 1),
	(60, 1796070420, 15, 'app_shop', 'complete:000', 1),
	(3600, 1796068800, 0, 'app_shop', 'complete:002', 1);
INSERT INTO public.runs_tally VALUES
	(3600, 1796068800, 5, 'app_shop', 'complete:002', 1),
	(3600, 1796068800, 6, 'app_shop', 'error:000', 1),
	(3600, 1796068800, 23, 'app_shop', 'complete:000', 1),
	(60, 1796070420, 29, 'app_pruned', 'complete:000', 2),
	(86400, 1795996800, 0, '', 'complete:002', 1),
	(3600, 1796068800, 0, 'app_shop', 'error:000', 2),
	(86400, 1795996800, 0, 'app_shop', 'complete:002', 1),
	(86400, 1795996800, 5, 'app_shop', 'complete:002', 1),
	(86400, 1795996800, 6, 'app_shop', 'error:000', 1),
	(86400, 1795996800, 23, 'app_shop', 'complete:000', 1),
	(3600, 1796068800, 17, 'app_shop', 'complete:000', 1),
	(60, 1796070420, 0, '', 'error:031', 1),
	(3600, 1796068800, 18, 'app_shop', 'complete:000', 1),
	(60, 1796070420, 0, 'app_shop', 'error:031', 1),
	(60, 1796070420, 7, 'app_shop', 'error:031', 1),
	(60, 1796070420, 10, 'app_shop', 'complete:000', 1),
	(86400, 1795996800, 0, '', 'error:000', 2),
	(3600, 1796068800, 0, '', 'error:031', 1),
	(86400, 1795996800, 0, 'app_shop', 'error:000', 2),
	(3600, 1796068800, 0, 'app_shop', 'error:031', 1),
	(3600, 1796068800, 7, 'app_shop', 'error:031', 1),
	(3600, 1796068800, 10, 'app_shop', 'complete:000', 1),
	(86400, 1795996800, 17, 'app_shop', 'complete:000', 1),
	(86400, 1795996800, 0, '', 'error:031', 1),
	(86400, 1795996800, 18, 'app_shop', 'complete:000', 1),
	(86400, 1795996800, 0, 'app_shop', 'error:031', 1),
	(86400, 1795996800, 7, 'app_shop', 'error:031', 1),
	(86400, 1795996800, 10, 'app_shop', 'complete:000', 1),
	(3600, 1796068800, 14, 'app_shop', 'complete:000', 1),
	(3600, 1796068800, 15, 'app_shop', 'complete:000', 1),
	(3600, 1796068800, 0, 'app_pruned', 'complete:000', 2),
	(86400, 1795996800, 14, 'app_shop', 'complete:000', 1),
	(86400, 1795996800, 15, 'app_shop', 'complete:000', 1),
	(60, 1796070420, 0, '', 'repeated', 1),
	(60, 1796070420, 0, 'app_shop', 'repeated', 1),
	(60, 1796070420, 18, 'app_shop', 'repeated', 1),
	(3600, 1796068800, 0, '', 'repeated', 1),
	(3600, 1796068800, 0, 'app_shop', 'repeated', 1),
	(3600, 1796068800, 18, 'app_shop', 'repeated', 1),
	(86400, 1795996800, 0, '', 'repeated', 1),
	(86400, 1795996800, 0, 'app_shop', 'repeated', 1),
	(86400, 1795996800, 18, 'app_shop', 'repeated', 1),
	(3600, 1796068800, 29, 'app_pruned', 'complete:000', 2),
	(86400, 1795996800, 0, 'app_pruned', 'complete:000', 2),
	(86400, 1795996800, 29, 'app_pruned', 'complete:000', 2),
	(60, 1796070420, 0, '', 'refused:signature', 1),
	(60, 1796070420, 0, '', 'refused:token', 1),
	(60, 1796070420, 0, 'app_shop', 'refused:signature', 1),
	(60, 1796070420, 0, 'app_shop', 'refused:token', 1),
	(60, 1796070420, 1, 'app_shop', 'refused:token', 1);
INSERT INTO public.runs_tally VALUES
	(60, 1796070420, 10, 'app_shop', 'refused:signature', 1),
	(3600, 1796068800, 0, '', 'refused:signature', 1),
	(3600, 1796068800, 0, '', 'refused:token', 1),
	(3600, 1796068800, 0, 'app_shop', 'refused:signature', 1),
	(3600, 1796068800, 0, 'app_shop', 'refused:token', 1),
	(3600, 1796068800, 1, 'app_shop', 'refused:token', 1),
	(3600, 1796068800, 10, 'app_shop', 'refused:signature', 1),
	(86400, 1795996800, 0, '', 'refused:signature', 1),
	(86400, 1795996800, 0, '', 'refused:token', 1),
	(86400, 1795996800, 0, 'app_shop', 'refused:signature', 1),
	(86400, 1795996800, 0, 'app_shop', 'refused:token', 1),
	(86400, 1795996800, 1, 'app_shop', 'refused:token', 1),
	(86400, 1795996800, 10, 'app_shop', 'refused:signature', 1),
	(60, 1796070420, 0, '', 'refused:body', 1),
	(60, 1796070420, 0, '', 'refused:conflict', 1),
	(60, 1796070420, 0, '', 'refused:idempotency key', 1),
	(60, 1796070420, 0, 'app_shop', 'refused:body', 1),
	(60, 1796070420, 0, 'app_shop', 'refused:conflict', 1),
	(60, 1796070420, 0, 'app_shop', 'refused:idempotency key', 1),
	(60, 1796070420, 2, 'app_shop', 'refused:body', 1),
	(60, 1796070420, 18, 'app_shop', 'refused:conflict', 1),
	(60, 1796070420, 18, 'app_shop', 'refused:idempotency key', 1),
	(3600, 1796068800, 0, '', 'refused:body', 1),
	(3600, 1796068800, 0, '', 'refused:conflict', 1),
	(3600, 1796068800, 0, '', 'refused:idempotency key', 1),
	(3600, 1796068800, 0, 'app_shop', 'refused:body', 1),
	(3600, 1796068800, 0, 'app_shop', 'refused:conflict', 1),
	(3600, 1796068800, 0, 'app_shop', 'refused:idempotency key', 1),
	(3600, 1796068800, 2, 'app_shop', 'refused:body', 1),
	(3600, 1796068800, 18, 'app_shop', 'refused:conflict', 1),
	(3600, 1796068800, 18, 'app_shop', 'refused:idempotency key', 1),
	(86400, 1795996800, 0, '', 'refused:body', 1),
	(86400, 1795996800, 0, '', 'refused:conflict', 1),
	(86400, 1795996800, 0, '', 'refused:idempotency key', 1),
	(86400, 1795996800, 0, 'app_shop', 'refused:body', 1),
	(86400, 1795996800, 0, 'app_shop', 'refused:conflict', 1),
	(86400, 1795996800, 0, 'app_shop', 'refused:idempotency key', 1),
	(86400, 1795996800, 2, 'app_shop', 'refused:body', 1),
	(86400, 1795996800, 18, 'app_shop', 'refused:conflict', 1),
	(86400, 1795996800, 18, 'app_shop', 'refused:idempotency key', 1),
	(60, 1796070420, 0, '', 'refused:coding', 1),
	(60, 1796070420, 0, 'app_shop', 'refused:coding', 1),
	(60, 1796070420, 2, 'app_shop', 'refused:coding', 1),
	(3600, 1796068800, 0, '', 'refused:coding', 1),
	(3600, 1796068800, 0, 'app_shop', 'refused:coding', 1),
	(3600, 1796068800, 2, 'app_shop', 'refused:coding', 1),
	(86400, 1795996800, 0, '', 'refused:coding', 1),
	(86400, 1795996800, 0, 'app_shop', 'refused:coding', 1),
	(86400, 1795996800, 2, 'app_shop', 'refused:coding', 1),
	(60, 1796070420, 0, '', 'refused:size', 1);
INSERT INTO public.runs_tally VALUES
	(60, 1796070420, 0, 'app_shop', 'refused:size', 1),
	(60, 1796070420, 19, 'app_shop', 'refused:size', 1),
	(3600, 1796068800, 0, '', 'refused:size', 1),
	(3600, 1796068800, 0, 'app_shop', 'refused:size', 1),
	(3600, 1796068800, 19, 'app_shop', 'refused:size', 1),
	(86400, 1795996800, 0, '', 'refused:size', 1),
	(86400, 1795996800, 0, 'app_shop', 'refused:size', 1),
	(86400, 1795996800, 19, 'app_shop', 'refused:size', 1),
	(60, 1796070420, 19, 'app_shop', 'complete:000', 1),
	(3600, 1796068800, 19, 'app_shop', 'complete:000', 1),
	(86400, 1795996800, 19, 'app_shop', 'complete:000', 1),
	(60, 1796070420, 0, '', 'refused:rate', 1),
	(60, 1796070420, 0, '', 'refused:workflow', 1),
	(60, 1796070420, 0, 'app_shop', 'refused:rate', 1),
	(60, 1796070420, 0, 'app_shop', 'refused:workflow', 1),
	(60, 1796070420, 19, 'app_shop', 'refused:rate', 1),
	(60, 1796070420, 21, 'app_shop', 'refused:workflow', 1),
	(3600, 1796068800, 0, '', 'refused:rate', 1),
	(3600, 1796068800, 0, '', 'refused:workflow', 1),
	(3600, 1796068800, 0, 'app_shop', 'refused:rate', 1),
	(3600, 1796068800, 0, 'app_shop', 'refused:workflow', 1),
	(3600, 1796068800, 19, 'app_shop', 'refused:rate', 1),
	(3600, 1796068800, 21, 'app_shop', 'refused:workflow', 1),
	(86400, 1795996800, 0, '', 'refused:rate', 1),
	(86400, 1795996800, 0, '', 'refused:workflow', 1),
	(86400, 1795996800, 0, 'app_shop', 'refused:rate', 1),
	(86400, 1795996800, 0, 'app_shop', 'refused:workflow', 1),
	(86400, 1795996800, 19, 'app_shop', 'refused:rate', 1),
	(86400, 1795996800, 21, 'app_shop', 'refused:workflow', 1),
	(60, 1796070420, 0, '', 'refused:secret', 1),
	(60, 1796070420, 0, 'app_other_key', 'refused:secret', 1),
	(3600, 1796068800, 0, '', 'complete:000', 24),
	(3600, 1796068800, 0, 'app_shop', 'complete:000', 22),
	(60, 1796070420, 16, 'app_shop', 'filtered', 1),
	(60, 1796070420, 31, 'app_other_key', 'refused:secret', 1),
	(3600, 1796068800, 0, '', 'refused:secret', 1),
	(3600, 1796068800, 0, 'app_other_key', 'refused:secret', 1),
	(3600, 1796068800, 16, 'app_shop', 'filtered', 1),
	(3600, 1796068800, 31, 'app_other_key', 'refused:secret', 1),
	(86400, 1795996800, 0, '', 'refused:secret', 1),
	(86400, 1795996800, 0, 'app_other_key', 'refused:secret', 1),
	(86400, 1795996800, 16, 'app_shop', 'filtered', 1),
	(86400, 1795996800, 31, 'app_other_key', 'refused:secret', 1),
	(60, 1796070420, 0, '', 'filtered', 2),
	(60, 1796070420, 0, '', 'ping', 1),
	(60, 1796070420, 0, 'app_shop', 'filtered', 2),
	(60, 1796070420, 0, 'app_shop', 'ping', 1),
	(60, 1796070420, 10, 'app_shop', 'filtered', 1),
	(60, 1796070420, 10, 'app_shop', 'ping', 1),
	(3600, 1796068800, 0, '', 'filtered', 2);
INSERT INTO public.runs_tally VALUES
	(3600, 1796068800, 0, '', 'ping', 1),
	(3600, 1796068800, 0, 'app_shop', 'filtered', 2),
	(3600, 1796068800, 0, 'app_shop', 'ping', 1),
	(3600, 1796068800, 10, 'app_shop', 'filtered', 1),
	(3600, 1796068800, 10, 'app_shop', 'ping', 1),
	(86400, 1795996800, 0, '', 'filtered', 2),
	(86400, 1795996800, 0, '', 'ping', 1),
	(86400, 1795996800, 0, 'app_shop', 'filtered', 2),
	(86400, 1795996800, 0, 'app_shop', 'ping', 1),
	(86400, 1795996800, 10, 'app_shop', 'filtered', 1),
	(86400, 1795996800, 10, 'app_shop', 'ping', 1),
	(60, 1796070420, 0, '', 'challenge', 1),
	(60, 1796070420, 0, '', 'verification', 1),
	(60, 1796070420, 0, 'app_shop', 'challenge', 1),
	(60, 1796070420, 0, 'app_shop', 'verification', 1),
	(60, 1796070420, 10, 'app_shop', 'verification', 1),
	(60, 1796070420, 12, 'app_shop', 'challenge', 1),
	(3600, 1796068800, 0, '', 'challenge', 1),
	(3600, 1796068800, 0, '', 'verification', 1),
	(3600, 1796068800, 0, 'app_shop', 'challenge', 1),
	(3600, 1796068800, 0, 'app_shop', 'verification', 1),
	(3600, 1796068800, 10, 'app_shop', 'verification', 1),
	(3600, 1796068800, 12, 'app_shop', 'challenge', 1),
	(86400, 1795996800, 0, '', 'challenge', 1),
	(86400, 1795996800, 0, '', 'verification', 1),
	(86400, 1795996800, 0, 'app_shop', 'challenge', 1),
	(86400, 1795996800, 0, 'app_shop', 'verification', 1),
	(86400, 1795996800, 10, 'app_shop', 'verification', 1),
	(86400, 1795996800, 12, 'app_shop', 'challenge', 1),
	(60, 1796070420, 0, '', 'refused:verify token', 1),
	(60, 1796070420, 0, 'app_shop', 'refused:verify token', 1),
	(60, 1796070420, 10, 'app_shop', 'refused:verify token', 1),
	(3600, 1796068800, 0, '', 'refused:verify token', 1),
	(3600, 1796068800, 0, 'app_shop', 'refused:verify token', 1),
	(3600, 1796068800, 10, 'app_shop', 'refused:verify token', 1),
	(86400, 1795996800, 0, '', 'refused:verify token', 1),
	(86400, 1795996800, 0, 'app_shop', 'refused:verify token', 1),
	(86400, 1795996800, 10, 'app_shop', 'refused:verify token', 1),
	(60, 1796070420, 0, '', 'refused:concurrency', 1),
	(60, 1796070420, 0, 'app_shop', 'refused:concurrency', 1),
	(60, 1796070420, 20, 'app_shop', 'refused:concurrency', 1),
	(3600, 1796068800, 0, '', 'refused:concurrency', 1),
	(3600, 1796068800, 0, 'app_shop', 'refused:concurrency', 1),
	(3600, 1796068800, 20, 'app_shop', 'refused:concurrency', 1),
	(86400, 1795996800, 0, '', 'refused:concurrency', 1),
	(86400, 1795996800, 0, 'app_shop', 'refused:concurrency', 1),
	(86400, 1795996800, 20, 'app_shop', 'refused:concurrency', 1),
	(60, 1796070480, 0, '', 'cancelled', 1),
	(60, 1796070480, 0, 'app_shop', 'cancelled', 1),
	(60, 1796070480, 20, 'app_shop', 'cancelled', 1);
INSERT INTO public.runs_tally VALUES
	(3600, 1796068800, 0, '', 'cancelled', 1),
	(3600, 1796068800, 0, 'app_shop', 'cancelled', 1),
	(3600, 1796068800, 20, 'app_shop', 'cancelled', 1),
	(86400, 1795996800, 0, '', 'cancelled', 1),
	(86400, 1795996800, 0, 'app_shop', 'cancelled', 1),
	(86400, 1795996800, 20, 'app_shop', 'cancelled', 1),
	(60, 1796070480, 0, '', 'cancelled:045', 1),
	(60, 1796070480, 0, 'app_shop', 'cancelled:045', 1),
	(60, 1796070480, 20, 'app_shop', 'cancelled:045', 1),
	(3600, 1796068800, 0, '', 'cancelled:045', 1),
	(3600, 1796068800, 0, 'app_shop', 'cancelled:045', 1),
	(3600, 1796068800, 20, 'app_shop', 'cancelled:045', 1),
	(86400, 1795996800, 0, '', 'cancelled:045', 1),
	(86400, 1795996800, 0, 'app_shop', 'cancelled:045', 1),
	(86400, 1795996800, 20, 'app_shop', 'cancelled:045', 1),
	(60, 1796070480, 0, '', 'interrupted', 1),
	(60, 1796070480, 0, 'app_shop', 'interrupted', 1),
	(60, 1796070480, 8, 'app_shop', 'complete:000', 1),
	(60, 1796070480, 9, 'app_shop', 'interrupted', 1),
	(3600, 1796068800, 0, '', 'interrupted', 1),
	(3600, 1796068800, 0, 'app_shop', 'interrupted', 1),
	(3600, 1796068800, 8, 'app_shop', 'complete:000', 1),
	(3600, 1796068800, 9, 'app_shop', 'interrupted', 1),
	(86400, 1795996800, 0, '', 'interrupted', 1),
	(60, 1796070480, 0, '', 'complete:000', 4),
	(60, 1796070480, 0, 'app_shop', 'complete:000', 4),
	(86400, 1795996800, 0, '', 'complete:000', 24),
	(86400, 1795996800, 0, 'app_shop', 'interrupted', 1),
	(86400, 1795996800, 8, 'app_shop', 'complete:000', 1),
	(86400, 1795996800, 9, 'app_shop', 'interrupted', 1),
	(60, 1796070480, 1, 'app_shop', 'complete:000', 1),
	(60, 1796070480, 24, 'app_shop', 'complete:000', 1),
	(3600, 1796068800, 24, 'app_shop', 'complete:000', 1),
	(86400, 1795996800, 24, 'app_shop', 'complete:000', 1),
	(60, 1796070480, 0, '', 'error:000', 1),
	(60, 1796070480, 0, 'app_shop', 'error:000', 1),
	(60, 1796070480, 26, 'app_shop', 'error:000', 1),
	(60, 1796070480, 27, 'app_shop', 'complete:000', 1),
	(3600, 1796068800, 26, 'app_shop', 'error:000', 1),
	(3600, 1796068800, 27, 'app_shop', 'complete:000', 1),
	(86400, 1795996800, 0, 'app_shop', 'complete:000', 22),
	(86400, 1795996800, 26, 'app_shop', 'error:000', 1),
	(86400, 1795996800, 27, 'app_shop', 'complete:000', 1),
	(60, 1796070480, 0, '', 'refused:overloaded', 1),
	(60, 1796070480, 0, 'app_shop', 'refused:overloaded', 1),
	(60, 1796070480, 3, 'app_shop', 'refused:overloaded', 1),
	(3600, 1796068800, 0, '', 'refused:overloaded', 1),
	(3600, 1796068800, 0, 'app_shop', 'refused:overloaded', 1),
	(3600, 1796068800, 3, 'app_shop', 'refused:overloaded', 1),
	(86400, 1795996800, 0, '', 'refused:overloaded', 1);
INSERT INTO public.runs_tally VALUES
	(86400, 1795996800, 0, 'app_shop', 'refused:overloaded', 1),
	(86400, 1795996800, 3, 'app_shop', 'refused:overloaded', 1);


--
-- Data for Name: sinks_apitoken; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.sinks_apitoken VALUES
	(3, 'expired', '5844fb60cd748f86b5c1686c43daad804b76b325e606c504836c93b2da21874a', 'shk_4bOW', '["runs:read", "runs:write", "sinks:read", "sinks:write"]', '2026-11-30 20:27:48.871284+00', '2026-11-29 20:27:49.213472+00', NULL, NULL, 1),
	(1, 'all', '63609b15bd532ed680a0903ac137bb12cf91907c2bc8c6d0e5b5dfdc97b24348', 'shk_nWnH', '["runs:read", "runs:write", "sinks:read", "sinks:write"]', '2026-11-30 20:27:47.959047+00', NULL, '2026-11-30 20:28:06.927436+00', NULL, 1),
	(2, 'scoped', '215ad66164045eddbc7c864093330915b08f30128a14767a68d1a8a040a0a10f', 'shk_JBQw', '["runs:read"]', '2026-11-30 20:27:48.571373+00', '2100-01-01 00:00:00+00', NULL, 2, 1);


--
-- Data for Name: sinks_app; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.sinks_app VALUES
	(1, 'app_shop', 'Shop', true, '2026-11-30 20:27:45.719648+00', 36500, 1000000, 36500),
	(2, 'app_pruned', 'Pruned', true, '2026-11-30 20:27:46.790038+00', NULL, NULL, NULL),
	(3, 'app_closed', 'Closed', false, '2026-11-30 20:27:46.83786+00', NULL, NULL, NULL),
	(4, 'app_other_key', '', true, '2026-11-30 20:27:46.887066+00', NULL, NULL, NULL);


--
-- Data for Name: sinks_deletedapp; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.sinks_deletedapp VALUES
	(36500, 36500, 1000000, 'app_deleted');


--
-- Data for Name: sinks_membership; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.sinks_membership VALUES
	(1, 'viewer', 1, 2),
	(2, 'editor', 1, 3),
	(3, 'owner', 1, 4);


--
-- Data for Name: sinks_outcome; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.sinks_outcome VALUES
	(1, 'repeated', 1, '2026-11-30 20:27:54.84661+00', 18),
	(2, 'token', 1, '2026-11-30 20:27:55.186484+00', 1),
	(3, 'signature', 1, '2026-11-30 20:27:55.186484+00', 10),
	(4, 'body', 1, '2026-11-30 20:27:55.922704+00', 2),
	(5, 'coding', 1, '2026-11-30 20:27:55.922704+00', 2),
	(6, 'conflict', 1, '2026-11-30 20:27:55.922704+00', 18),
	(7, 'idempotency key', 1, '2026-11-30 20:27:55.922704+00', 18),
	(8, 'size', 1, '2026-11-30 20:27:56.469178+00', 19),
	(9, 'rate', 1, '2026-11-30 20:27:56.867108+00', 19),
	(10, 'workflow', 1, '2026-11-30 20:27:56.867108+00', 21),
	(11, 'filtered', 1, '2026-11-30 20:27:57.608616+00', 16),
	(12, 'secret', 1, '2026-11-30 20:27:57.608616+00', 31),
	(13, 'filtered', 1, '2026-11-30 20:27:58.053018+00', 10),
	(14, 'ping', 1, '2026-11-30 20:27:58.053018+00', 10),
	(15, 'challenge', 1, '2026-11-30 20:27:58.053018+00', 12),
	(16, 'verification', 1, '2026-11-30 20:27:58.56436+00', 10),
	(17, 'verify token', 1, '2026-11-30 20:27:58.56436+00', 10),
	(18, 'concurrency', 1, '2026-11-30 20:27:59.281889+00', 20),
	(19, 'overloaded', 1, '2026-11-30 20:28:12.10244+00', 3);


--
-- Data for Name: sinks_refusal; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.sinks_refusal VALUES
	(1, '2026-11-30 20:27:54.916211+00', 401, 'Missing or invalid bearer token. Send ''Authorization: Bearer <token>''.', '127.0.0.1', 1),
	(2, '2026-11-30 20:27:54.994656+00', 401, 'No secret of the sink''s made this signature.', '127.0.0.1', 10),
	(3, '2026-11-30 20:27:55.555261+00', 400, 'The body is not the gzip data that its Content-Encoding says.', '127.0.0.1', 2),
	(4, '2026-11-30 20:27:55.62672+00', 415, 'The Content-Encoding ''unknown'' is not known: send gzip, deflate, or none.', '127.0.0.1', 2),
	(5, '2026-11-30 20:27:55.251545+00', 409, 'This Idempotency-Key, or delivery id, came with another request before.', '127.0.0.1', 18),
	(6, '2026-11-30 20:27:55.45902+00', 400, 'An Idempotency-Key has 1 to 255 characters.', '127.0.0.1', 18),
	(7, '2026-11-30 20:27:56.083025+00', 413, 'The body is larger than 100 bytes.', '127.0.0.1', 19),
	(8, '2026-11-30 20:27:56.70485+00', 429, 'This sink''s rate is used up; Retry-After says when it takes more.', '127.0.0.1', 19),
	(9, '2026-11-30 20:27:56.829563+00', 500, 'The sink''s workflow is not installed, or does not take its options.', '127.0.0.1', 21),
	(10, '2026-11-30 20:27:57.499638+00', 200, 'The filter cannot be applied to this delivery: abs() got object, and takes number.', '127.0.0.1', 16),
	(11, '2026-11-30 20:27:57.340053+00', 500, 'The sink''s token cannot be read: its admin must set it anew.', '127.0.0.1', 31),
	(12, '2026-11-30 20:27:58.324263+00', 403, 'The verify token is not the one that the sink has.', '127.0.0.1', 10),
	(13, '2026-11-30 20:27:59.121128+00', 429, 'As many runs of this sink as may are executed or wait already.', '127.0.0.1', 20),
	(14, '2026-11-30 20:28:11.889942+00', 503, 'The server is overloaded; try again shortly.', '127.0.0.1', 3);


--
-- Data for Name: sinks_revision; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.sinks_revision VALUES
	(1, 41);


--
-- Data for Name: sinks_sink; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.sinks_sink VALUES
	(1, '/orders/{order_id}', 'POST', '/orders/{}', 'gAAAAABrDdxBGKdV3r_iLP8NbzAJ6cHcGFULGVZpn0suiX2c7fv_XIdpgSiJNHLLC06RmVDk9H9Csqg42hW5CCasenFJhECBGP6BRzXEf4zYWHkybp9sDMQ=', 'ship', '{"carrier": "Grüße"}', 60, true, 'Orders.
Of the shop.', '2026-11-30 20:27:45.876511+00', '2026-11-30 20:27:45.876539+00', 1, 1, 5, '', 'json', NULL, NULL, '', '', '', 86400, '', '', '', NULL, '', '', '', 'sha256', 'hex', '', '', 300, 0),
	(2, '/anything', 'ANY', '/anything', '', 'read_request', '{}', 300, true, '', '2026-11-30 20:27:45.907661+00', '2026-11-30 20:27:45.907684+00', 1, 1, 5, 'local', 'json', NULL, NULL, '', '', '', 86400, '', '', '', NULL, '', '', '', 'sha256', 'hex', '', '', 300, 0),
	(3, '/hello', 'GET', '/hello', '', 'echo', '{}', 300, true, '', '2026-11-30 20:27:45.925849+00', '2026-11-30 20:27:45.925867+00', 1, 1, 5, '', 'stream', NULL, NULL, '', '', '', 86400, '', '', '', NULL, '', '', '', 'sha256', 'hex', '', '', 300, 0),
	(4, '/stream', 'PUT', '/stream', '', 'report', '{"events": 700}', 300, true, '', '2026-11-30 20:27:45.950079+00', '2026-11-30 20:27:45.950103+00', 1, 1, 5, '', 'stream', NULL, NULL, '', '', '', 86400, '', '', '', NULL, '', '', '', 'sha256', 'hex', '', '', 300, 0),
	(5, '/words', 'POST', '/words', '', 'count_words', '{}', 300, true, '', '2026-11-30 20:27:45.971548+00', '2026-11-30 20:27:45.971568+00', 1, 1, 5, '', 'async', NULL, NULL, '', '', '', 86400, '', '', '', NULL, '', '', '', 'sha256', 'hex', '', '', 300, 0),
	(6, '/fail', 'POST', '/fail', '', 'fail', '{}', 300, true, '', '2026-11-30 20:27:45.999563+00', '2026-11-30 20:27:45.999583+00', 1, 1, 5, '', 'json', NULL, NULL, '', '', '', 86400, '', '', '', NULL, '', '', '', 'sha256', 'hex', '', '', 300, 0),
	(7, '/late', 'POST', '/late', '', 'wait', '{}', 0.2, true, '', '2026-11-30 20:27:46.016497+00', '2026-11-30 20:27:46.016513+00', 1, 1, 5, '', 'json', NULL, NULL, '', '', '', 86400, '', '', '', NULL, '', '', '', 'sha256', 'hex', '', '', 300, 0),
	(8, '/wait', 'POST', '/wait', '', 'wait', '{}', 300, true, '', '2026-11-30 20:27:46.044918+00', '2026-11-30 20:27:46.044935+00', 1, 1, 5, '', 'async', NULL, NULL, '', '', '', 86400, '', '', '', NULL, '', '', '', 'sha256', 'hex', '', '', 300, 0),
	(9, '/wait-once', 'POST', '/wait-once', '', 'wait_once', '{}', 300, true, '', '2026-11-30 20:27:46.071299+00', '2026-11-30 20:27:46.071315+00', 1, 1, 5, '', 'async', NULL, NULL, '', '', '', 86400, '', '', '', NULL, '', '', '', 'sha256', 'hex', '', '', 300, 0),
	(10, '/github', 'POST', '/github', '', 'ship', '{}', 300, true, '', '2026-11-30 20:27:46.120434+00', '2026-11-30 20:27:46.120453+00', 1, 1, 5, '', 'json', NULL, NULL, '', '', 'X-GitHub-Delivery', 3600, 'gAAAAABrDdxCJ0HLIb5eHJ-fPolCVoX1YRYjLi8L5ERDFy84JM65g-vhfhhzBFLuSirRlUejqVWYhfsK9WHshBnCvs1UfpUFWmaCMHAJG5b2TWOUl71TdjzEFZCne57qzoQve6veaVI8C509fKeXjOJyck4x8BiViA==', 'gAAAAABrDdxC14KC1eqIoQyssJAArl8PqYqKJqfoMobp6ZKnl86Ks2avT5MaNQ_Aj1YIMMDf6GOymIwLmx9jozelvCX4kfD2McukajqnwAEiwv5lJAjL8V8=', 'headers."x-github-event" == ''push''', NULL, '', '', 'github', 'sha256', 'hex', '', '', 300, 0),
	(11, '/stripe', 'POST', '/stripe', '', 'ship', '{}', 300, true, '', '2026-11-30 20:27:46.143435+00', '2026-11-30 20:27:46.14345+00', 1, 1, 5, '', 'json', NULL, NULL, '', 'id', '', 7776000, 'gAAAAABrDdxCZEYZdBcGZkanVfXZqU0wnwuS9YlLFoJxKTksFW_F-4fbicKAGsVycru53dJXfI8HlM4YVzpTCBHWRoLTc4Wk5aPMg2578H2p-EXhekaTNmI=', '', '', NULL, '', '', 'stripe', 'sha256', 'hex', '', '', 600, 0),
	(12, '/slack', 'POST', '/slack', '', 'ship', '{}', 300, true, '', '2026-11-30 20:27:46.20652+00', '2026-11-30 20:27:46.206537+00', 1, 1, 5, '', 'json', NULL, NULL, '', '', '', 86400, 'gAAAAABrDdxCqPgDVg3kZ0cgNsk0gi-q8YLandUjxtpFtNrl0_9nP-J99aJaxoaujErub0832WGx79rUEtXwOAMjxDIeJkvBZ8Yfw8TIB-PrrKdH9eMyyLQ=', '', '', NULL, '', '', 'slack', 'sha256', 'hex', '', '', 300, 0),
	(13, '/shopify', 'POST', '/shopify', '', 'ship', '{}', 300, true, '', '2026-11-30 20:27:46.239419+00', '2026-11-30 20:27:46.239436+00', 1, 1, 5, '', 'json', NULL, NULL, '', '', '', 86400, 'gAAAAABrDdxCMb7uo0D8zHgkGZ1cARz-VHbwAbhIcSbnhM4jp75lurTq2jIkaEfadG_oiZPJps-RUNNIiBpiXiHwPLGgINBX8nlSlaBGlPrL-GzfPWaNVPY=', '', '', NULL, '', '', 'shopify', 'sha256', 'hex', '', '', 300, 0),
	(14, '/standard', 'POST', '/standard', '', 'ship', '{}', 300, true, '', '2026-11-30 20:27:46.276137+00', '2026-11-30 20:27:46.276154+00', 1, 1, 5, '', 'json', NULL, NULL, '', '', 'webhook-id', 86400, 'gAAAAABrDdxC2wnCVkeUewgYEKHOsT0KNy4GN4xn_1RD_Af_GhZwfVn-fRCQOLx1MB9Q-fcg5Vq2J1uMdI98ZAtX5y7ULINGNVo1naN5A4oWbYcwCSX4f09GaSqNwJb7dgIkW1vNGLrD', '', '', NULL, '', '', 'standard', 'sha256', 'hex', '', '', 300, 0),
	(15, '/hmac', 'POST', '/hmac', '', 'ship', '{}', 300, true, '', '2026-11-30 20:27:46.299456+00', '2026-11-30 20:27:46.299471+00', 1, 1, 5, '', 'json', NULL, NULL, '', '', '', 86400, 'gAAAAABrDdxC-Isa16wpThsYbsey_80iD5wIsdYgcrygEno-J2e2IbpJIECGgb01lpc3fREj2S5m6uQV8NbSluz_xL7R49b5OlBCCahwa7lQGZpFUH5E11M=', '', '', NULL, '', '', 'hmac', 'sha512', 'base64', 'X-Signature', 'sha512:', 300, 0),
	(16, '/faulty-filter', 'POST', '/faulty-filter', '', 'echo', '{}', 300, true, '', '2026-11-30 20:27:46.330512+00', '2026-11-30 20:27:46.330528+00', 1, 1, 5, '', 'stream', NULL, NULL, '', '', '', 86400, '', '', 'abs(body) > `1`', NULL, '', '', '', 'sha256', 'hex', '', '', 300, 0),
	(17, '/brief', 'POST', '/brief', '', 'ship', '{}', 300, true, '', '2026-11-30 20:27:46.359325+00', '2026-11-30 20:27:46.35934+00', 1, 1, 5, '', 'json', NULL, NULL, '', '', '', 1, '', '', '', NULL, '', '', '', 'sha256', 'hex', '', '', 300, 0),
	(18, '/repeated', 'POST', '/repeated', '', 'ship', '{}', 300, true, '', '2026-11-30 20:27:46.391489+00', '2026-11-30 20:27:46.391509+00', 1, 1, 5, '', 'json', NULL, NULL, '', '', '', 7776000, '', '', '', NULL, '', '', '', 'sha256', 'hex', '', '', 300, 0),
	(19, '/limited', 'POST', '/limited', '', 'echo', '{}', 300, true, '', '2026-11-30 20:27:46.543877+00', '2026-11-30 20:27:46.543894+00', 1, 1, 5, '', 'json', 100, NULL, 'https://example.com
https://shop.example.com', '', '', 86400, '', '', '', NULL, '1/day', 'https://example.com/thanks', '', 'sha256', 'hex', '', '', 300, 0),
	(20, '/queued', 'POST', '/queued', '', 'wait', '{}', 300, true, '', '2026-11-30 20:27:46.575187+00', '2026-11-30 20:27:46.575204+00', 1, 1, 5, '', 'async', NULL, 1, '', '', '', 86400, '', '', '', 1, '', '', '', 'sha256', 'hex', '', '', 300, 0),
	(22, '/inactive', 'POST', '/inactive', '', 'echo', '{}', 300, false, '', '2026-11-30 20:27:46.621351+00', '2026-11-30 20:27:46.621368+00', 1, 1, 5, '', 'stream', NULL, NULL, '', '', '', 86400, '', '', '', NULL, '', '', '', 'sha256', 'hex', '', '', 300, 0),
	(23, '/ranked', 'POST', '/ranked', '', 'echo', '{}', 300, true, '', '2026-11-30 20:27:46.651407+00', '2026-11-30 20:27:46.651424+00', 1, 1, 2.5, '', 'stream', NULL, NULL, '', '', '', 86400, '', '', '', NULL, '', '', '', 'sha256', 'hex', '', '', 300, 7),
	(24, '/worker/ship', 'POST', '/worker/ship', '', 'ship', '{}', 300, true, '', '2026-11-30 20:27:46.667334+00', '2026-11-30 20:27:46.667351+00', 1, 1, 5, 'procrastinate', 'async', NULL, NULL, '', '', '', 86400, '', '', '', NULL, '', '', '', 'sha256', 'hex', '', '', 300, -5),
	(25, '/worker/wait', 'POST', '/worker/wait', '', 'wait', '{}', 300, true, '', '2026-11-30 20:27:46.689837+00', '2026-11-30 20:27:46.689852+00', 1, 1, 5, 'procrastinate', 'async', NULL, NULL, '', '', '', 86400, '', '', '', NULL, '', '', '', 'sha256', 'hex', '', '', 300, 0),
	(26, '/worker/fail', 'POST', '/worker/fail', '', 'fail', '{}', 300, true, '', '2026-11-30 20:27:46.714968+00', '2026-11-30 20:27:46.714985+00', 1, 2, 0, 'procrastinate', 'async', NULL, NULL, '', '', '', 86400, '', '', '', NULL, '', '', '', 'sha256', 'hex', '', '', 300, 0),
	(27, '/worker/retry', 'POST', '/worker/retry', '', 'fail', '{"times": 1}', 300, true, '', '2026-11-30 20:27:46.741094+00', '2026-11-30 20:27:46.74111+00', 1, 2, 0, 'procrastinate', 'async', NULL, NULL, '', '', '', 86400, '', '', '', NULL, '', '', '', 'sha256', 'hex', '', '', 300, 7),
	(28, '/worker/later', 'POST', '/worker/later', '', 'fail', '{"times": 1}', 300, true, '', '2026-11-30 20:27:46.763423+00', '2026-11-30 20:27:46.763441+00', 1, 3, 60, 'procrastinate', 'async', NULL, 1, '', '', '', 86400, '', '', '', NULL, '', '', '', 'sha256', 'hex', '', '', 300, 0),
	(29, '/orders', 'POST', '/orders', '', 'ship', '{}', 300, true, '', '2026-11-30 20:27:46.823507+00', '2026-11-30 20:27:46.823525+00', 2, 1, 5, '', 'json', NULL, NULL, '', '', '', 7776000, '', '', '', NULL, '', '', '', 'sha256', 'hex', '', '', 300, 0),
	(30, '/hello', 'GET', '/hello', '', 'echo', '{}', 300, true, '', '2026-11-30 20:27:46.8626+00', '2026-11-30 20:27:46.862616+00', 3, 1, 5, '', 'stream', NULL, NULL, '', '', '', 86400, '', '', '', NULL, '', '', '', 'sha256', 'hex', '', '', 300, 0),
	(21, '/no-workflow', 'POST', '/no-workflow', '', 'uninstalled', '{}', 300, true, '', '2026-11-30 20:27:46.595431+00', '2026-11-30 20:27:46.595448+00', 1, 1, 5, '', 'stream', NULL, NULL, '', '', '', 86400, '', '', '', NULL, '', '', '', 'sha256', 'hex', '', '', 300, 0),
	(31, '/other-key', 'POST', '/other-key', 'gAAAAABrDdxF_MhsXtX9wy5AAJRo_Sl4zK-eL6bgPj2Q7hG5pCzvu1CXvg175XQr7HXxdjZjUTSTP3C9xZpicKo3h-QxbvQUBQ==', 'echo', '{}', 300, true, '', '2026-11-30 20:27:46.91544+00', '2026-11-30 20:27:46.915457+00', 4, 1, 5, '', 'stream', NULL, NULL, '', '', '', 86400, '', '', '', NULL, '', '', '', 'sha256', 'hex', '', '', 300, 0);


--
-- Name: auth_group_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.auth_group_id_seq', 2, true);


--
-- Name: auth_group_permissions_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.auth_group_permissions_id_seq', 2, true);


--
-- Name: auth_permission_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.auth_permission_id_seq', 116, true);


--
-- Name: auth_user_groups_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.auth_user_groups_id_seq', 3, true);


--
-- Name: auth_user_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.auth_user_id_seq', 5, true);


--
-- Name: auth_user_user_permissions_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.auth_user_user_permissions_id_seq', 6, true);


--
-- Name: axes_accessattempt_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.axes_accessattempt_id_seq', 1, true);


--
-- Name: axes_accessfailurelog_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.axes_accessfailurelog_id_seq', 1, false);


--
-- Name: axes_accesslog_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.axes_accesslog_id_seq', 1, false);


--
-- Name: django_admin_log_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.django_admin_log_id_seq', 1, true);


--
-- Name: django_content_type_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.django_content_type_id_seq', 29, true);


--
-- Name: django_migrations_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.django_migrations_id_seq', 94, true);


--
-- Name: procrastinate_events_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.procrastinate_events_id_seq', 19, true);


--
-- Name: procrastinate_jobs_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.procrastinate_jobs_id_seq', 6, true);


--
-- Name: procrastinate_periodic_defers_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.procrastinate_periodic_defers_id_seq', 1, false);


--
-- Name: procrastinate_workers_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.procrastinate_workers_id_seq', 2, true);


--
-- Name: runs_executor_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.runs_executor_id_seq', 5, true);


--
-- Name: runs_retentionclock_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.runs_retentionclock_id_seq', 1, false);


--
-- Name: sinks_apitoken_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.sinks_apitoken_id_seq', 3, true);


--
-- Name: sinks_app_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.sinks_app_id_seq', 5, true);


--
-- Name: sinks_membership_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.sinks_membership_id_seq', 3, true);


--
-- Name: sinks_outcome_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.sinks_outcome_id_seq', 19, true);


--
-- Name: sinks_refusal_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.sinks_refusal_id_seq', 14, true);


--
-- Name: sinks_revision_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.sinks_revision_id_seq', 1, false);


--
-- Name: sinks_sink_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.sinks_sink_id_seq', 32, true);


--
-- Name: auth_group auth_group_name_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.auth_group
    ADD CONSTRAINT auth_group_name_key UNIQUE (name);


--
-- Name: auth_group_permissions auth_group_permissions_group_id_permission_id_0cd325b0_uniq; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.auth_group_permissions
    ADD CONSTRAINT auth_group_permissions_group_id_permission_id_0cd325b0_uniq UNIQUE (group_id, permission_id);


--
-- Name: auth_group_permissions auth_group_permissions_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.auth_group_permissions
    ADD CONSTRAINT auth_group_permissions_pkey PRIMARY KEY (id);


--
-- Name: auth_group auth_group_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.auth_group
    ADD CONSTRAINT auth_group_pkey PRIMARY KEY (id);


--
-- Name: auth_permission auth_permission_content_type_id_codename_01ab375a_uniq; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.auth_permission
    ADD CONSTRAINT auth_permission_content_type_id_codename_01ab375a_uniq UNIQUE (content_type_id, codename);


--
-- Name: auth_permission auth_permission_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.auth_permission
    ADD CONSTRAINT auth_permission_pkey PRIMARY KEY (id);


--
-- Name: auth_user_groups auth_user_groups_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.auth_user_groups
    ADD CONSTRAINT auth_user_groups_pkey PRIMARY KEY (id);


--
-- Name: auth_user_groups auth_user_groups_user_id_group_id_94350c0c_uniq; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.auth_user_groups
    ADD CONSTRAINT auth_user_groups_user_id_group_id_94350c0c_uniq UNIQUE (user_id, group_id);


--
-- Name: auth_user auth_user_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.auth_user
    ADD CONSTRAINT auth_user_pkey PRIMARY KEY (id);


--
-- Name: auth_user_user_permissions auth_user_user_permissions_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.auth_user_user_permissions
    ADD CONSTRAINT auth_user_user_permissions_pkey PRIMARY KEY (id);


--
-- Name: auth_user_user_permissions auth_user_user_permissions_user_id_permission_id_14a6b632_uniq; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.auth_user_user_permissions
    ADD CONSTRAINT auth_user_user_permissions_user_id_permission_id_14a6b632_uniq UNIQUE (user_id, permission_id);


--
-- Name: auth_user auth_user_username_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.auth_user
    ADD CONSTRAINT auth_user_username_key UNIQUE (username);


--
-- Name: axes_accessattempt axes_accessattempt_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.axes_accessattempt
    ADD CONSTRAINT axes_accessattempt_pkey PRIMARY KEY (id);


--
-- Name: axes_accessattempt axes_accessattempt_username_ip_address_user_agent_8ea22282_uniq; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.axes_accessattempt
    ADD CONSTRAINT axes_accessattempt_username_ip_address_user_agent_8ea22282_uniq UNIQUE (username, ip_address, user_agent);


--
-- Name: axes_accessattemptexpiration axes_accessattemptexpiration_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.axes_accessattemptexpiration
    ADD CONSTRAINT axes_accessattemptexpiration_pkey PRIMARY KEY (access_attempt_id);


--
-- Name: axes_accessfailurelog axes_accessfailurelog_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.axes_accessfailurelog
    ADD CONSTRAINT axes_accessfailurelog_pkey PRIMARY KEY (id);


--
-- Name: axes_accesslog axes_accesslog_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.axes_accesslog
    ADD CONSTRAINT axes_accesslog_pkey PRIMARY KEY (id);


--
-- Name: django_admin_log django_admin_log_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.django_admin_log
    ADD CONSTRAINT django_admin_log_pkey PRIMARY KEY (id);


--
-- Name: django_content_type django_content_type_app_label_model_76bd3d3b_uniq; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.django_content_type
    ADD CONSTRAINT django_content_type_app_label_model_76bd3d3b_uniq UNIQUE (app_label, model);


--
-- Name: django_content_type django_content_type_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.django_content_type
    ADD CONSTRAINT django_content_type_pkey PRIMARY KEY (id);


--
-- Name: django_migrations django_migrations_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.django_migrations
    ADD CONSTRAINT django_migrations_pkey PRIMARY KEY (id);


--
-- Name: django_session django_session_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.django_session
    ADD CONSTRAINT django_session_pkey PRIMARY KEY (session_key);


--
-- Name: procrastinate_events procrastinate_events_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.procrastinate_events
    ADD CONSTRAINT procrastinate_events_pkey PRIMARY KEY (id);


--
-- Name: procrastinate_jobs procrastinate_jobs_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.procrastinate_jobs
    ADD CONSTRAINT procrastinate_jobs_pkey PRIMARY KEY (id);


--
-- Name: procrastinate_periodic_defers procrastinate_periodic_defers_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.procrastinate_periodic_defers
    ADD CONSTRAINT procrastinate_periodic_defers_pkey PRIMARY KEY (id);


--
-- Name: procrastinate_periodic_defers procrastinate_periodic_defers_unique; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.procrastinate_periodic_defers
    ADD CONSTRAINT procrastinate_periodic_defers_unique UNIQUE (task_name, periodic_id, defer_timestamp);


--
-- Name: procrastinate_workers procrastinate_workers_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.procrastinate_workers
    ADD CONSTRAINT procrastinate_workers_pkey PRIMARY KEY (id);


--
-- Name: runs_deliveriespruned runs_deliveriespruned_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.runs_deliveriespruned
    ADD CONSTRAINT runs_deliveriespruned_pkey PRIMARY KEY (app_id);


--
-- Name: runs_delivery runs_delivery_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.runs_delivery
    ADD CONSTRAINT runs_delivery_pkey PRIMARY KEY (run_id);


--
-- Name: runs_executor runs_executor_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.runs_executor
    ADD CONSTRAINT runs_executor_pkey PRIMARY KEY (id);


--
-- Name: runs_retentionclock runs_retentionclock_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.runs_retentionclock
    ADD CONSTRAINT runs_retentionclock_pkey PRIMARY KEY (id);


--
-- Name: runs_run runs_run_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.runs_run
    ADD CONSTRAINT runs_run_pkey PRIMARY KEY (id);


--
-- Name: runs_segment runs_segment_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.runs_segment
    ADD CONSTRAINT runs_segment_pkey PRIMARY KEY (run_id, last);


--
-- Name: runs_tally runs_tally_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.runs_tally
    ADD CONSTRAINT runs_tally_pkey PRIMARY KEY (span, at, source_id, app_id, kind);


--
-- Name: sinks_apitoken sinks_apitoken_digest_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.sinks_apitoken
    ADD CONSTRAINT sinks_apitoken_digest_key UNIQUE (digest);


--
-- Name: sinks_apitoken sinks_apitoken_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.sinks_apitoken
    ADD CONSTRAINT sinks_apitoken_pkey PRIMARY KEY (id);


--
-- Name: sinks_app sinks_app_app_id_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.sinks_app
    ADD CONSTRAINT sinks_app_app_id_key UNIQUE (app_id);


--
-- Name: sinks_app sinks_app_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.sinks_app
    ADD CONSTRAINT sinks_app_pkey PRIMARY KEY (id);


--
-- Name: sinks_deletedapp sinks_deletedapp_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.sinks_deletedapp
    ADD CONSTRAINT sinks_deletedapp_pkey PRIMARY KEY (app_id);


--
-- Name: sinks_membership sinks_membership_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.sinks_membership
    ADD CONSTRAINT sinks_membership_pkey PRIMARY KEY (id);


--
-- Name: sinks_membership sinks_once_a_member; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.sinks_membership
    ADD CONSTRAINT sinks_once_a_member UNIQUE (user_id, app_id);


--
-- Name: sinks_outcome sinks_one_per_kind; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.sinks_outcome
    ADD CONSTRAINT sinks_one_per_kind UNIQUE (sink_id, kind);


--
-- Name: sinks_sink sinks_one_per_method; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.sinks_sink
    ADD CONSTRAINT sinks_one_per_method UNIQUE (app_id, shape, method);


--
-- Name: sinks_outcome sinks_outcome_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.sinks_outcome
    ADD CONSTRAINT sinks_outcome_pkey PRIMARY KEY (id);


--
-- Name: sinks_refusal sinks_refusal_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.sinks_refusal
    ADD CONSTRAINT sinks_refusal_pkey PRIMARY KEY (id);


--
-- Name: sinks_revision sinks_revision_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.sinks_revision
    ADD CONSTRAINT sinks_revision_pkey PRIMARY KEY (id);


--
-- Name: sinks_sink sinks_sink_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.sinks_sink
    ADD CONSTRAINT sinks_sink_pkey PRIMARY KEY (id);


--
-- Name: auth_group_name_a6ea08ec_like; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX auth_group_name_a6ea08ec_like ON public.auth_group USING btree (name varchar_pattern_ops);


--
-- Name: auth_group_permissions_group_id_b120cbf9; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX auth_group_permissions_group_id_b120cbf9 ON public.auth_group_permissions USING btree (group_id);


--
-- Name: auth_group_permissions_permission_id_84c5c92e; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX auth_group_permissions_permission_id_84c5c92e ON public.auth_group_permissions USING btree (permission_id);


--
-- Name: auth_permission_content_type_id_2f476e4b; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX auth_permission_content_type_id_2f476e4b ON public.auth_permission USING btree (content_type_id);


--
-- Name: auth_user_groups_group_id_97559544; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX auth_user_groups_group_id_97559544 ON public.auth_user_groups USING btree (group_id);


--
-- Name: auth_user_groups_user_id_6a12ed8b; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX auth_user_groups_user_id_6a12ed8b ON public.auth_user_groups USING btree (user_id);


--
-- Name: auth_user_user_permissions_permission_id_1fbb5f2c; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX auth_user_user_permissions_permission_id_1fbb5f2c ON public.auth_user_user_permissions USING btree (permission_id);


--
-- Name: auth_user_user_permissions_user_id_a95ead1b; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX auth_user_user_permissions_user_id_a95ead1b ON public.auth_user_user_permissions USING btree (user_id);


--
-- Name: auth_user_username_6821ab7c_like; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX auth_user_username_6821ab7c_like ON public.auth_user USING btree (username varchar_pattern_ops);


--
-- Name: axes_accessattempt_ip_address_10922d9c; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX axes_accessattempt_ip_address_10922d9c ON public.axes_accessattempt USING btree (ip_address);


--
-- Name: axes_accessattempt_user_agent_ad89678b; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX axes_accessattempt_user_agent_ad89678b ON public.axes_accessattempt USING btree (user_agent);


--
-- Name: axes_accessattempt_user_agent_ad89678b_like; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX axes_accessattempt_user_agent_ad89678b_like ON public.axes_accessattempt USING btree (user_agent varchar_pattern_ops);


--
-- Name: axes_accessattempt_username_3f2d4ca0; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX axes_accessattempt_username_3f2d4ca0 ON public.axes_accessattempt USING btree (username);


--
-- Name: axes_accessattempt_username_3f2d4ca0_like; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX axes_accessattempt_username_3f2d4ca0_like ON public.axes_accessattempt USING btree (username varchar_pattern_ops);


--
-- Name: axes_accessfailurelog_ip_address_2e9f5a7f; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX axes_accessfailurelog_ip_address_2e9f5a7f ON public.axes_accessfailurelog USING btree (ip_address);


--
-- Name: axes_accessfailurelog_user_agent_ea145dda; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX axes_accessfailurelog_user_agent_ea145dda ON public.axes_accessfailurelog USING btree (user_agent);


--
-- Name: axes_accessfailurelog_user_agent_ea145dda_like; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX axes_accessfailurelog_user_agent_ea145dda_like ON public.axes_accessfailurelog USING btree (user_agent varchar_pattern_ops);


--
-- Name: axes_accessfailurelog_username_a8b7e8a4; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX axes_accessfailurelog_username_a8b7e8a4 ON public.axes_accessfailurelog USING btree (username);


--
-- Name: axes_accessfailurelog_username_a8b7e8a4_like; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX axes_accessfailurelog_username_a8b7e8a4_like ON public.axes_accessfailurelog USING btree (username varchar_pattern_ops);


--
-- Name: axes_accesslog_ip_address_86b417e5; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX axes_accesslog_ip_address_86b417e5 ON public.axes_accesslog USING btree (ip_address);


--
-- Name: axes_accesslog_user_agent_0e659004; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX axes_accesslog_user_agent_0e659004 ON public.axes_accesslog USING btree (user_agent);


--
-- Name: axes_accesslog_user_agent_0e659004_like; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX axes_accesslog_user_agent_0e659004_like ON public.axes_accesslog USING btree (user_agent varchar_pattern_ops);


--
-- Name: axes_accesslog_username_df93064b; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX axes_accesslog_username_df93064b ON public.axes_accesslog USING btree (username);


--
-- Name: axes_accesslog_username_df93064b_like; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX axes_accesslog_username_df93064b_like ON public.axes_accesslog USING btree (username varchar_pattern_ops);


--
-- Name: django_admin_log_content_type_id_c4bce8eb; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX django_admin_log_content_type_id_c4bce8eb ON public.django_admin_log USING btree (content_type_id);


--
-- Name: django_admin_log_user_id_c564eba6; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX django_admin_log_user_id_c564eba6 ON public.django_admin_log USING btree (user_id);


--
-- Name: django_session_expire_date_a5c62663; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX django_session_expire_date_a5c62663 ON public.django_session USING btree (expire_date);


--
-- Name: django_session_session_key_c0390e0f_like; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX django_session_session_key_c0390e0f_like ON public.django_session USING btree (session_key varchar_pattern_ops);


--
-- Name: idx_procrastinate_jobs_worker_not_null; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX idx_procrastinate_jobs_worker_not_null ON public.procrastinate_jobs USING btree (worker_id) WHERE ((worker_id IS NOT NULL) AND (status = 'doing'::public.procrastinate_job_status));


--
-- Name: idx_procrastinate_workers_last_heartbeat; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX idx_procrastinate_workers_last_heartbeat ON public.procrastinate_workers USING btree (last_heartbeat);


--
-- Name: procrastinate_events_job_id_fkey_v1; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX procrastinate_events_job_id_fkey_v1 ON public.procrastinate_events USING btree (job_id);


--
-- Name: procrastinate_jobs_id_lock_idx_v1; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX procrastinate_jobs_id_lock_idx_v1 ON public.procrastinate_jobs USING btree (id, lock) WHERE (status = ANY (ARRAY['todo'::public.procrastinate_job_status, 'doing'::public.procrastinate_job_status]));


--
-- Name: procrastinate_jobs_lock_idx_v1; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX procrastinate_jobs_lock_idx_v1 ON public.procrastinate_jobs USING btree (lock) WHERE (status = 'doing'::public.procrastinate_job_status);


--
-- Name: procrastinate_jobs_priority_idx_v1; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX procrastinate_jobs_priority_idx_v1 ON public.procrastinate_jobs USING btree (priority DESC, id) WHERE (status = 'todo'::public.procrastinate_job_status);


--
-- Name: procrastinate_jobs_queue_name_idx_v1; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX procrastinate_jobs_queue_name_idx_v1 ON public.procrastinate_jobs USING btree (queue_name);


--
-- Name: procrastinate_jobs_queueing_lock_idx_v1; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX procrastinate_jobs_queueing_lock_idx_v1 ON public.procrastinate_jobs USING btree (queueing_lock) WHERE (status = 'todo'::public.procrastinate_job_status);


--
-- Name: procrastinate_periodic_defers_job_id_fkey_v1; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX procrastinate_periodic_defers_job_id_fkey_v1 ON public.procrastinate_periodic_defers USING btree (job_id);


--
-- Name: runs_bad; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX runs_bad ON public.runs_run USING btree (status, id) WHERE ((status)::text = ANY ((ARRAY['error'::character varying, 'cancelled'::character varying, 'interrupted'::character varying])::text[]));


--
-- Name: runs_bad_of_app; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX runs_bad_of_app ON public.runs_run USING btree (app_id, status, id) WHERE ((status)::text = ANY ((ARRAY['error'::character varying, 'cancelled'::character varying, 'interrupted'::character varying])::text[]));


--
-- Name: runs_deliveriespruned_app_id_c39c4e57_like; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX runs_deliveriespruned_app_id_c39c4e57_like ON public.runs_deliveriespruned USING btree (app_id varchar_pattern_ops);


--
-- Name: runs_jobs_locked; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX runs_jobs_locked ON public.procrastinate_jobs USING btree (lock, priority DESC, id) WHERE ((status = 'todo'::public.procrastinate_job_status) AND (lock !~~ 'run-%'::text));


--
-- Name: runs_jobs_scheduled; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX runs_jobs_scheduled ON public.procrastinate_jobs USING btree (scheduled_at) WHERE ((status = 'todo'::public.procrastinate_job_status) AND (scheduled_at IS NOT NULL) AND ((lock IS NULL) OR (lock ~~ 'run-%'::text)));


--
-- Name: runs_jobs_unlocked; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX runs_jobs_unlocked ON public.procrastinate_jobs USING btree (priority DESC, id) WHERE ((status = 'todo'::public.procrastinate_job_status) AND (scheduled_at IS NULL) AND ((lock IS NULL) OR (lock ~~ 'run-%'::text)));


--
-- Name: runs_of_app; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX runs_of_app ON public.runs_run USING btree (app_id, id);


--
-- Name: runs_of_source; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX runs_of_source ON public.runs_run USING btree (source_id, id);


--
-- Name: runs_once; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX runs_once ON public.runs_run USING btree (idempotency_key) WHERE (idempotency_key IS NOT NULL);


--
-- Name: runs_open; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX runs_open ON public.runs_run USING btree (id) WHERE ((status)::text = ANY ((ARRAY['queued'::character varying, 'running'::character varying])::text[]));


--
-- Name: runs_to_cancel; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX runs_to_cancel ON public.runs_run USING btree (executor_id) WHERE (cancel_requested AND ((status)::text = ANY ((ARRAY['queued'::character varying, 'running'::character varying])::text[])));


--
-- Name: runs_to_take; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX runs_to_take ON public.runs_run USING btree (id) WHERE (((engine)::text = 'local'::text) AND (executor_id = 0) AND ((status)::text = 'queued'::text));


--
-- Name: runs_unfinished; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX runs_unfinished ON public.runs_run USING btree (executor_id) WHERE ((status)::text = 'running'::text);


--
-- Name: sinks_apitoken_app_id_d5251088; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX sinks_apitoken_app_id_d5251088 ON public.sinks_apitoken USING btree (app_id);


--
-- Name: sinks_apitoken_digest_35dff1dc_like; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX sinks_apitoken_digest_35dff1dc_like ON public.sinks_apitoken USING btree (digest varchar_pattern_ops);


--
-- Name: sinks_apitoken_user_id_9bf0c610; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX sinks_apitoken_user_id_9bf0c610 ON public.sinks_apitoken USING btree (user_id);


--
-- Name: sinks_app_app_id_924beed3_like; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX sinks_app_app_id_924beed3_like ON public.sinks_app USING btree (app_id varchar_pattern_ops);


--
-- Name: sinks_deletedapp_app_id_c0f45f3e_like; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX sinks_deletedapp_app_id_c0f45f3e_like ON public.sinks_deletedapp USING btree (app_id varchar_pattern_ops);


--
-- Name: sinks_membership_app_id_cf3c4b04; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX sinks_membership_app_id_cf3c4b04 ON public.sinks_membership USING btree (app_id);


--
-- Name: sinks_membership_user_id_ca685bba; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX sinks_membership_user_id_ca685bba ON public.sinks_membership USING btree (user_id);


--
-- Name: sinks_outcome_sink_id_a0f1e995; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX sinks_outcome_sink_id_a0f1e995 ON public.sinks_outcome USING btree (sink_id);


--
-- Name: sinks_refusal_sink_id_5bd6a29f; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX sinks_refusal_sink_id_5bd6a29f ON public.sinks_refusal USING btree (sink_id);


--
-- Name: sinks_sink_app_id_0dd58a0f; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX sinks_sink_app_id_0dd58a0f ON public.sinks_sink USING btree (app_id);


--
-- Name: procrastinate_jobs procrastinate_jobs_notify_queue_job_aborted_v1; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER procrastinate_jobs_notify_queue_job_aborted_v1 AFTER UPDATE OF abort_requested ON public.procrastinate_jobs FOR EACH ROW WHEN (((old.abort_requested = false) AND (new.abort_requested = true) AND (new.status = 'doing'::public.procrastinate_job_status))) EXECUTE FUNCTION public.procrastinate_notify_queue_abort_job_v1();


--
-- Name: procrastinate_jobs procrastinate_jobs_notify_queue_job_inserted_v1; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER procrastinate_jobs_notify_queue_job_inserted_v1 AFTER INSERT ON public.procrastinate_jobs FOR EACH ROW WHEN ((new.status = 'todo'::public.procrastinate_job_status)) EXECUTE FUNCTION public.procrastinate_notify_queue_job_inserted_v1();


--
-- Name: procrastinate_jobs procrastinate_trigger_abort_requested_events_v1; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER procrastinate_trigger_abort_requested_events_v1 AFTER UPDATE OF abort_requested ON public.procrastinate_jobs FOR EACH ROW WHEN ((new.abort_requested = true)) EXECUTE FUNCTION public.procrastinate_trigger_abort_requested_events_procedure_v1();


--
-- Name: procrastinate_jobs procrastinate_trigger_delete_jobs_v1; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER procrastinate_trigger_delete_jobs_v1 BEFORE DELETE ON public.procrastinate_jobs FOR EACH ROW EXECUTE FUNCTION public.procrastinate_unlink_periodic_defers_v1();


--
-- Name: procrastinate_jobs procrastinate_trigger_scheduled_events_v1; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER procrastinate_trigger_scheduled_events_v1 AFTER INSERT OR UPDATE ON public.procrastinate_jobs FOR EACH ROW WHEN (((new.scheduled_at IS NOT NULL) AND (new.status = 'todo'::public.procrastinate_job_status))) EXECUTE FUNCTION public.procrastinate_trigger_function_scheduled_events_v1();


--
-- Name: procrastinate_jobs procrastinate_trigger_status_events_insert_v1; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER procrastinate_trigger_status_events_insert_v1 AFTER INSERT ON public.procrastinate_jobs FOR EACH ROW WHEN ((new.status = 'todo'::public.procrastinate_job_status)) EXECUTE FUNCTION public.procrastinate_trigger_function_status_events_insert_v1();


--
-- Name: procrastinate_jobs procrastinate_trigger_status_events_update_v1; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER procrastinate_trigger_status_events_update_v1 AFTER UPDATE OF status ON public.procrastinate_jobs FOR EACH ROW EXECUTE FUNCTION public.procrastinate_trigger_function_status_events_update_v1();


--
-- Name: auth_group_permissions auth_group_permissio_permission_id_84c5c92e_fk_auth_perm; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.auth_group_permissions
    ADD CONSTRAINT auth_group_permissio_permission_id_84c5c92e_fk_auth_perm FOREIGN KEY (permission_id) REFERENCES public.auth_permission(id) DEFERRABLE INITIALLY DEFERRED;


--
-- Name: auth_group_permissions auth_group_permissions_group_id_b120cbf9_fk_auth_group_id; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.auth_group_permissions
    ADD CONSTRAINT auth_group_permissions_group_id_b120cbf9_fk_auth_group_id FOREIGN KEY (group_id) REFERENCES public.auth_group(id) DEFERRABLE INITIALLY DEFERRED;


--
-- Name: auth_permission auth_permission_content_type_id_2f476e4b_fk_django_co; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.auth_permission
    ADD CONSTRAINT auth_permission_content_type_id_2f476e4b_fk_django_co FOREIGN KEY (content_type_id) REFERENCES public.django_content_type(id) DEFERRABLE INITIALLY DEFERRED;


--
-- Name: auth_user_groups auth_user_groups_group_id_97559544_fk_auth_group_id; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.auth_user_groups
    ADD CONSTRAINT auth_user_groups_group_id_97559544_fk_auth_group_id FOREIGN KEY (group_id) REFERENCES public.auth_group(id) DEFERRABLE INITIALLY DEFERRED;


--
-- Name: auth_user_groups auth_user_groups_user_id_6a12ed8b_fk_auth_user_id; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.auth_user_groups
    ADD CONSTRAINT auth_user_groups_user_id_6a12ed8b_fk_auth_user_id FOREIGN KEY (user_id) REFERENCES public.auth_user(id) DEFERRABLE INITIALLY DEFERRED;


--
-- Name: auth_user_user_permissions auth_user_user_permi_permission_id_1fbb5f2c_fk_auth_perm; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.auth_user_user_permissions
    ADD CONSTRAINT auth_user_user_permi_permission_id_1fbb5f2c_fk_auth_perm FOREIGN KEY (permission_id) REFERENCES public.auth_permission(id) DEFERRABLE INITIALLY DEFERRED;


--
-- Name: auth_user_user_permissions auth_user_user_permissions_user_id_a95ead1b_fk_auth_user_id; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.auth_user_user_permissions
    ADD CONSTRAINT auth_user_user_permissions_user_id_a95ead1b_fk_auth_user_id FOREIGN KEY (user_id) REFERENCES public.auth_user(id) DEFERRABLE INITIALLY DEFERRED;


--
-- Name: axes_accessattemptexpiration axes_accessattemptex_access_attempt_id_6b73a47a_fk_axes_acce; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.axes_accessattemptexpiration
    ADD CONSTRAINT axes_accessattemptex_access_attempt_id_6b73a47a_fk_axes_acce FOREIGN KEY (access_attempt_id) REFERENCES public.axes_accessattempt(id) DEFERRABLE INITIALLY DEFERRED;


--
-- Name: django_admin_log django_admin_log_content_type_id_c4bce8eb_fk_django_co; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.django_admin_log
    ADD CONSTRAINT django_admin_log_content_type_id_c4bce8eb_fk_django_co FOREIGN KEY (content_type_id) REFERENCES public.django_content_type(id) DEFERRABLE INITIALLY DEFERRED;


--
-- Name: django_admin_log django_admin_log_user_id_c564eba6_fk_auth_user_id; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.django_admin_log
    ADD CONSTRAINT django_admin_log_user_id_c564eba6_fk_auth_user_id FOREIGN KEY (user_id) REFERENCES public.auth_user(id) DEFERRABLE INITIALLY DEFERRED;


--
-- Name: procrastinate_events procrastinate_events_job_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.procrastinate_events
    ADD CONSTRAINT procrastinate_events_job_id_fkey FOREIGN KEY (job_id) REFERENCES public.procrastinate_jobs(id) ON DELETE CASCADE;


--
-- Name: procrastinate_jobs procrastinate_jobs_worker_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.procrastinate_jobs
    ADD CONSTRAINT procrastinate_jobs_worker_id_fkey FOREIGN KEY (worker_id) REFERENCES public.procrastinate_workers(id) ON DELETE SET NULL;


--
-- Name: procrastinate_periodic_defers procrastinate_periodic_defers_job_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.procrastinate_periodic_defers
    ADD CONSTRAINT procrastinate_periodic_defers_job_id_fkey FOREIGN KEY (job_id) REFERENCES public.procrastinate_jobs(id);


--
-- Name: sinks_apitoken sinks_apitoken_app_id_d5251088_fk_sinks_app_id; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.sinks_apitoken
    ADD CONSTRAINT sinks_apitoken_app_id_d5251088_fk_sinks_app_id FOREIGN KEY (app_id) REFERENCES public.sinks_app(id) DEFERRABLE INITIALLY DEFERRED;


--
-- Name: sinks_apitoken sinks_apitoken_user_id_9bf0c610_fk_auth_user_id; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.sinks_apitoken
    ADD CONSTRAINT sinks_apitoken_user_id_9bf0c610_fk_auth_user_id FOREIGN KEY (user_id) REFERENCES public.auth_user(id) DEFERRABLE INITIALLY DEFERRED;


--
-- Name: sinks_membership sinks_membership_app_id_cf3c4b04_fk_sinks_app_id; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.sinks_membership
    ADD CONSTRAINT sinks_membership_app_id_cf3c4b04_fk_sinks_app_id FOREIGN KEY (app_id) REFERENCES public.sinks_app(id) DEFERRABLE INITIALLY DEFERRED;


--
-- Name: sinks_membership sinks_membership_user_id_ca685bba_fk_auth_user_id; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.sinks_membership
    ADD CONSTRAINT sinks_membership_user_id_ca685bba_fk_auth_user_id FOREIGN KEY (user_id) REFERENCES public.auth_user(id) DEFERRABLE INITIALLY DEFERRED;


--
-- Name: sinks_outcome sinks_outcome_sink_id_a0f1e995_fk_sinks_sink_id; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.sinks_outcome
    ADD CONSTRAINT sinks_outcome_sink_id_a0f1e995_fk_sinks_sink_id FOREIGN KEY (sink_id) REFERENCES public.sinks_sink(id) DEFERRABLE INITIALLY DEFERRED;


--
-- Name: sinks_refusal sinks_refusal_sink_id_5bd6a29f_fk_sinks_sink_id; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.sinks_refusal
    ADD CONSTRAINT sinks_refusal_sink_id_5bd6a29f_fk_sinks_sink_id FOREIGN KEY (sink_id) REFERENCES public.sinks_sink(id) DEFERRABLE INITIALLY DEFERRED;


--
-- Name: sinks_sink sinks_sink_app_id_0dd58a0f_fk_sinks_app_id; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.sinks_sink
    ADD CONSTRAINT sinks_sink_app_id_0dd58a0f_fk_sinks_app_id FOREIGN KEY (app_id) REFERENCES public.sinks_app(id) DEFERRABLE INITIALLY DEFERRED;


--
-- PostgreSQL database dump complete
--


