-- Replicas hear at once that the keys have changed. Polling finds it too, should nobody be listening.
CREATE RULE "KeySet_notify" AS ON UPDATE TO "KeySet" DO ALSO NOTIFY key_set;
