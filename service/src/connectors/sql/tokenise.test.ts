import assert from "node:assert/strict";
import fc from "fast-check";
import { test } from "vitest";
import { UserError } from "../../telemetry/errors.ts";
import { tokenise } from "./tokenise.ts";

const kinds = (sql: string, dialect: "postgres" | "redshift" = "postgres") =>
  tokenise(sql, dialect)
    .filter((token) => token.kind !== "space")
    .map((token) => `${token.kind} ${token.text}`);

test("tokenise joins to its input, byte for byte", () => {
  const sql = `select 'it''s' as "a ""b""", e'x\\'y', $t$ ' $t$, 1.5e-3::numeric -- c ; :end\n/* a /* b */ ' */ from t where ts>=:start and x<>'☃😀'`;
  assert.equal(tokenise(sql, "postgres").map((token) => token.text).join(""), sql);
});

test("tokenise joins to its input, whatever that is", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      let tokens;
      try {
        tokens = tokenise(text, "postgres");
      } catch (error) {
        assert.ok(error instanceof UserError);
        return;
      }
      assert.equal(tokens.map((token) => token.text).join(""), text);
    }),
  );
});

test("a parameter in a text, a name or a comment is none", () => {
  assert.deepEqual(kinds(`':start' ":start" -- :start\n/* :start */ $$:start$$ :start`), [
    "string ':start'", 'quoted ":start"', "comment -- :start", "comment /* :start */", "string $$:start$$", "parameter :start",
  ]);
});

test("a cast, a time and a slice are no parameters", () => {
  assert.deepEqual(kinds("ts::date").slice(0, 3), ["word ts", "operator ::", "word date"]);
  assert.ok(kinds("a[1:n]").every((kind) => !kind.startsWith("parameter")));
  assert.ok(kinds("'12:start'").every((kind) => !kind.startsWith("parameter")));
});

test("a doubled quote stays in its text in every dialect, a backslash only escapes in Redshift and in E''", () => {
  assert.deepEqual(kinds("'a''b' c"), ["string 'a''b'", "word c"]);
  assert.deepEqual(kinds("'a\\' c"), ["string 'a\\'", "word c"]);
  assert.deepEqual(kinds("'a\\'b' c", "redshift"), ["string 'a\\'b'", "word c"]);
  assert.deepEqual(kinds("E'a\\'b' c"), ["string E'a\\'b'", "word c"]);
});

test("comments nest, as in PostgreSQL", () => {
  assert.deepEqual(kinds("/* a /* b */ c */ d"), ["comment /* a /* b */ c */", "word d"]);
});

test("what is never closed is refused with the line and column of its beginning", () => {
  const whereOf = (sql: string) => {
    try {
      tokenise(sql, "postgres");
    } catch (error) {
      return (error as UserError).where;
    }
    return "accepted";
  };
  assert.equal(whereOf("select 1\nfrom t where a = 'x"), "line 2, column 18");
  assert.equal(whereOf('select "a'), "line 1, column 8");
  assert.equal(whereOf("select '😀', 'b"), "line 1, column 13");
  assert.equal(whereOf("select 1 /* open"), "line 1, column 10");
  assert.equal(whereOf("select $q$ a $r$"), "line 1, column 8");
});
