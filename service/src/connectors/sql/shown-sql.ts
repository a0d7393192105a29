/**
 * The statement with its bound instants in place of the placeholders, for people to read and run by hand. Never sent
 * anywhere by us.
 */

// Quoted text, quoted names, comments and dollar-quoted bodies are stepped over: a $1 in them is no placeholder.
const TOKEN = /'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|\/\*[\s\S]*?\*\/|(\$[A-Za-z_]*\$)[\s\S]*?\1|\$(\d+)|`(?:[^`]|``)*`|from_unixtime\(\?\)/g;

/**
 * @param parameters  epoch ms, in order of the placeholders $1, $2 …
 * @example shownSql("select $1::timestamptz", [0]) // → "select '1970-01-01T00:00:00Z'::timestamptz"
 */
export function shownSql(statement: string, parameters: readonly number[]): string {
  let used = 0;
  return statement.replace(TOKEN, (token: string, _tag: string | undefined, number: string | undefined) => {
    // MySQL's placeholders have no numbers: they come in order.
    if (token === "from_unixtime(?)") {
      const ms = parameters[used++];
      return ms === undefined ? token : `from_unixtime(${ms / 1000})`;
    }
    const ms = number === undefined ? undefined : parameters[Number(number) - 1];
    return ms === undefined ? token : `'${new Date(ms).toISOString().replace(/\.000Z$/, "Z")}'`;
  });
}
