// node-oidc-provider's storage on PostgreSQL, as somebody who knows both would write it: one narrow table,
// prepared statements, a primary-key look-up for each find and one write for each change.
import pg from "pg";

export async function openStore(connectionString, connections) {
  const pool = new pg.Pool({ connectionString, max: connections });
  await pool.query(`CREATE TABLE IF NOT EXISTS oidc_payload (
    model text NOT NULL,
    id text NOT NULL,
    payload jsonb NOT NULL,
    grant_id text,
    user_code text,
    uid text,
    expires_at timestamptz,
    consumed_at timestamptz,
    PRIMARY KEY (model, id)
  )`);
  await pool.query(
    "CREATE INDEX IF NOT EXISTS oidc_payload_grant ON oidc_payload (grant_id) WHERE grant_id IS NOT NULL",
  );
  await pool.query(
    "CREATE INDEX IF NOT EXISTS oidc_payload_uid ON oidc_payload (model, uid) WHERE uid IS NOT NULL",
  );
  return pool;
}

export const adapterOver = (pool) =>
  class PostgresqlAdapter {
    constructor(model) {
      this.model = model;
    }

    async upsert(id, payload, expiresIn) {
      await pool.query({
        name: "upsert",
        text: `INSERT INTO oidc_payload (model, id, payload, grant_id, user_code, uid, expires_at)
          VALUES ($1, $2, $3, $4, $5, $6, $7)
          ON CONFLICT (model, id) DO UPDATE SET payload = EXCLUDED.payload, grant_id = EXCLUDED.grant_id,
            user_code = EXCLUDED.user_code, uid = EXCLUDED.uid, expires_at = EXCLUDED.expires_at`,
        values: [
          this.model,
          id,
          payload,
          payload.grantId ?? null,
          payload.userCode ?? null,
          payload.uid ?? null,
          expiresIn ? new Date(Date.now() + expiresIn * 1000) : null,
        ],
      });
    }

    find(id) {
      return this.#one("find", "id = $2", id);
    }

    findByUid(uid) {
      return this.#one("find_by_uid", "uid = $2", uid);
    }

    findByUserCode(userCode) {
      return this.#one("find_by_user_code", "user_code = $2", userCode);
    }

    async consume(id) {
      await pool.query({
        name: "consume",
        text: "UPDATE oidc_payload SET consumed_at = now() WHERE model = $1 AND id = $2",
        values: [this.model, id],
      });
    }

    async destroy(id) {
      await pool.query({
        name: "destroy",
        text: "DELETE FROM oidc_payload WHERE model = $1 AND id = $2",
        values: [this.model, id],
      });
    }

    async revokeByGrantId(grantId) {
      await pool.query({
        name: "revoke_by_grant",
        text: "DELETE FROM oidc_payload WHERE grant_id = $1",
        values: [grantId],
      });
    }

    async #one(name, condition, value) {
      const { rows } = await pool.query({
        name,
        text: `SELECT payload, expires_at, consumed_at FROM oidc_payload WHERE model = $1 AND ${condition}`,
        values: [this.model, value],
      });
      const [row] = rows;
      if (!row || (row.expires_at && row.expires_at < new Date())) return undefined;
      return row.consumed_at ? { ...row.payload, consumed: true } : row.payload;
    }
  };
