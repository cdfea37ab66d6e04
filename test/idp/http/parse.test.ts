import { describe, expect, it } from "vitest";
import { z } from "zod";
import { readForm, readJson, readQuery } from "../../../idp/http/parse.ts";
import { sendJson } from "../../../idp/http/respond.ts";
import { edge, form } from "./edge.ts";

const Schema = z.object({ name: z.string(), resource: z.array(z.string()).default([]) });

const formDoor = () =>
  edge(async (ctx) => sendJson(ctx, await readForm(ctx, Schema, { repeatable: ["resource"] })), {
    forPrograms: true,
  });

describe("reading a form", () => {
  it("gives typed values", async () => {
    const { url } = await formDoor();
    const answer = await fetch(url, form("name=A+B%C3%A9&resource=x&resource=y&unknown=1"));
    expect(await answer.json()).toEqual({ name: "A Bé", resource: ["x", "y"] });
  });

  const refused: [string, RequestInit][] = [
    ["a known parameter twice (A3)", form("name=a&name=b")],
    ["a missing parameter", form("other=1")],
    ["an empty value, which is none (RFC 6749 §3.1)", form("name=")],
    ["bad UTF-8 (A3)", form("name=%FF")],
    ["NUL (A3)", form("name=a%00")],
    ["a broken escape", form("name=%zz")],
    ["JSON", { method: "POST", headers: { "Content-Type": "application/json" }, body: "{}" }],
    ["text", { method: "POST", headers: { "Content-Type": "text/plain" }, body: "name=a" }],
    ["nothing at all (A8)", { method: "POST" }],
    ["an array in the name, which is an unknown name (H6)", form("name[]=a&name[x]=b")],
  ];
  it.each(refused)("refuses %s with invalid_request", async (_, init) => {
    const { url } = await formDoor();
    const answer = await fetch(url, init);
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ error: "invalid_request" });
  });

  it("E8, H5: refuses more than 16 KiB, announced or not", async () => {
    const { url } = await formDoor();
    const body = `name=${"a".repeat(20_000)}`;
    const announced = await fetch(url, form(body));
    expect([announced.status, await announced.json()]).toMatchObject([
      400,
      { error: "invalid_request" },
    ]);
    const chunked = {
      ...form(""),
      body: new Blob([body]).stream(),
      duplex: "half",
    } as RequestInit;
    expect((await fetch(url, chunked)).status).toBe(400);
  });

  it("H5: refuses a hundred and one parameters", async () => {
    const { url } = await formDoor();
    const body = Array.from({ length: 101 }, (_, i) => `p${i}=1`).join("&");
    expect((await fetch(url, form(body))).status).toBe(400);
  });

  it("H5: does not unpack a compressed body", async () => {
    const { url } = await formDoor();
    const init = form("name=a");
    const headers = { ...(init.headers as Record<string, string>), "Content-Encoding": "gzip" };
    expect((await fetch(url, { ...init, headers })).status).toBe(415);
  });
});

describe("reading a query", () => {
  it("H6: never gives an object where a string is expected", async () => {
    const { url } = await edge((ctx) => sendJson(ctx, readQuery(ctx, Schema)), {
      forPrograms: true,
    });
    expect((await fetch(`${url}/?name[contains]=`)).status).toBe(400);
    expect(await (await fetch(`${url}/?name=a&__proto__=b`)).json()).toEqual({
      name: "a",
      resource: [],
    });
  });
});

describe("reading JSON", () => {
  const jsonDoor = () =>
    edge(async (ctx) => sendJson(ctx, await readJson(ctx, Schema)), { forPrograms: true });
  const json = (body: string): RequestInit => ({
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body,
  });

  it("gives typed values", async () => {
    const { url } = await jsonDoor();
    const answer = await fetch(url, json('{"name":"a","__proto__":{"isAdmin":true}}'));
    expect(await answer.json()).toEqual({ name: "a", resource: [] });
  });

  it.each(["", "null", "[]", "1", "{", '{"name":{"contains":""}}', '{"name":["a"]}'])(
    "H6: refuses %s",
    async (body) => {
      const { url } = await jsonDoor();
      expect((await fetch(url, json(body))).status).toBe(400);
    },
  );

  it("H5: refuses more than 64 KiB", async () => {
    const { url } = await jsonDoor();
    expect((await fetch(url, json(`{"name":"${"a".repeat(70_000)}"}`))).status).toBe(413);
  });
});
