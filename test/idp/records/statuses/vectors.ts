// The test vector of Token Status List (draft-20), one bit per entry, 2^20 entries.
import { inflateSync } from "node:zlib";

/** Those that are 1; all others are 0. */
export const VECTOR_INDICES = [
  0, 1993, 25460, 159495, 495669, 554353, 645645, 723232, 854545, 934534, 1000345,
];

const VECTOR =
  "eNrt3AENwCAMAEGogklACtKQPg9LugC9k_ACvreiogEAAKkeCQAAAAAAAAAAAAAAAAAAAIBylgQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAXG9IAAAAAAAAAPwsJAAAAAAAAAAAAAAAvhsSAAAAAAAAAAAA7KpLAAAAAAAAAAAAAAAAAAAAAJsLCQAAAAAAAAAAADjelAAAAAAAAAAAKjDMAQAAAACAZC8L2AEb";

/** Compared decoded: compressors differ in what they make of the same bytes. */
export const decodedVector = (): Buffer => inflateSync(Buffer.from(VECTOR, "base64url"));
