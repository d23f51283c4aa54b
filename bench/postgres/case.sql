-- The case of bench/six_commands.cc as pgbench plays it: a transaction is one command, a command is one statement, and
-- each client walks through the steps of a case and then begins another. A statement whose case is not in the version
-- and the status it expects moves nothing and returns no row, and \gset then stops the client: the run fails.
\if :step = 0
WITH opened AS (
  INSERT INTO case_state (version, status, priority, owner, next_due, updated_at)
  VALUES (1, 'reported', 'P3', 'mo', now() + interval '4 hours', now())
  RETURNING case_id, version)
INSERT INTO event SELECT case_id, version, 'case_reported', 'mo', now(), :reported::jsonb FROM opened
RETURNING case_id, version \gset
\elif :step = 1
WITH moved AS (
  UPDATE case_state SET version = version + 1, status = 'triaged', priority = 'P2',
    next_due = now() + interval '3 days', updated_at = now()
  WHERE case_id = :case_id AND version = :version AND status = 'reported'
  RETURNING case_id, version)
INSERT INTO event SELECT case_id, version, 'case_triaged', 'mo', now(), :triaged::jsonb FROM moved
RETURNING version \gset
\elif :step = 2
WITH moved AS (
  UPDATE case_state SET version = version + 1, status = 'contacted',
    next_due = now() + interval '10 days', updated_at = now()
  WHERE case_id = :case_id AND version = :version AND status = 'triaged'
  RETURNING case_id, version)
INSERT INTO event SELECT case_id, version, 'contact_made', 'mo', now(), :contacted::jsonb FROM moved
RETURNING version \gset
\elif :step = 3
WITH moved AS (
  UPDATE case_state SET version = version + 1, status = 'answered', updated_at = now()
  WHERE case_id = :case_id AND version = :version AND status = 'contacted'
  RETURNING case_id, version)
INSERT INTO event SELECT case_id, version, 'step_recorded', 'mo', now(), :answered::jsonb FROM moved
RETURNING version \gset
\elif :step = 4
WITH moved AS (
  UPDATE case_state SET version = version + 1, status = 'proposed', proposed_by = 'mo',
    next_due = now() + interval '5 days', updated_at = now()
  WHERE case_id = :case_id AND version = :version AND status = 'answered'
  RETURNING case_id, version)
INSERT INTO event SELECT case_id, version, 'closure_proposed', 'mo', now(), :proposed::jsonb FROM moved
RETURNING version \gset
\elif :step = 5
WITH moved AS (
  UPDATE case_state SET version = version + 1, status = 'signed', signed_by = 'ruth',
    next_due = NULL, updated_at = now()
  WHERE case_id = :case_id AND version = :version AND status = 'proposed' AND 'ruth' NOT IN (owner, proposed_by)
  RETURNING case_id, version)
INSERT INTO event SELECT case_id, version, 'sign_off_granted', 'ruth', now(), :signed::jsonb FROM moved
RETURNING version \gset
\else
WITH moved AS (
  UPDATE case_state SET version = version + 1, status = 'closed', updated_at = now()
  WHERE case_id = :case_id AND version = :version AND status = 'signed' AND signed_by IS NOT NULL
  RETURNING case_id, version)
INSERT INTO event SELECT case_id, version, 'case_closed', 'mo', now(), :closed::jsonb FROM moved
RETURNING version \gset
\endif
\set step (:step + 1) % 7
