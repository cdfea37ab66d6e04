-- Replicas hear at once that the keys have changed. Polling finds it too, should nobody be listening.
CREATE FUNCTION "notify_of_key_set"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('key_set', '');
  RETURN NULL;
END
$$;

CREATE TRIGGER "KeySet_notify" AFTER UPDATE ON "KeySet"
FOR EACH STATEMENT EXECUTE FUNCTION "notify_of_key_set"();
