-- The event table a team would write by hand first: what happened, and what is true now. Nothing that is not needed to
-- play the case and to find which is due next: no command ids, no second clock, no audit hashes, no keys for personal
-- text, no position for subscribers. Whatever is missing makes it faster.

CREATE TABLE case_state (
  case_id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  version     integer NOT NULL,
  status      text NOT NULL,
  priority    text NOT NULL,
  owner       text NOT NULL,
  proposed_by text,
  signed_by   text,
  next_due    timestamptz,
  updated_at  timestamptz NOT NULL
);
CREATE INDEX case_due ON case_state (next_due) WHERE next_due IS NOT NULL;

-- Its key says which event is which, and refuses a second event of one version.
CREATE TABLE event (
  case_id     bigint NOT NULL,
  version     integer NOT NULL,
  type        text NOT NULL,
  actor       text NOT NULL,
  recorded_at timestamptz NOT NULL,
  payload     jsonb NOT NULL,
  PRIMARY KEY (case_id, version)
);
