/**
 * A strict JSON reader (RFC 8259) that says what is wrong, where, and what would be right, and remembers where every
 * value stood. `JSON.parse` gives neither positions of values nor a sentence for a comma too many, and takes the last
 * of two equal keys in silence.
 */
import { UserError } from "../telemetry/errors.ts";
import { lineColumnOf, type LocatedDocument, type PathStep } from "./located-document.ts";

export const JSON_DEPTH_MAX = 64;

interface Node {
  readonly value: unknown;
  readonly offset: number;
  /** members of an object or array, with the offset of their key (of the value itself in arrays) */
  readonly children: ReadonlyMap<PathStep, { readonly keyOffset: number; readonly node: Node }> | null;
}

/** Throws UserError with `where: "file:line:column"`. */
export function parseJson(text: string, file: string): LocatedDocument {
  const source = text.startsWith("\uFEFF") ? ` ${text.slice(1)}` : text;
  const root = new Reader(source, file).document();
  return {
    file,
    value: root.value,
    locate: (path, options) => {
      let node = root;
      let offset = root.offset;
      for (const [i, step] of path.entries()) {
        const child = node.children?.get(step);
        if (child === undefined) break;
        node = child.node;
        offset = options?.key === true && i === path.length - 1 ? child.keyOffset : node.offset;
      }
      return whereText(source, file, offset);
    },
  };
}

class Reader {
  readonly #text: string;
  readonly #file: string;
  #at = 0;

  constructor(text: string, file: string) {
    this.#text = text;
    this.#file = file;
  }

  document(): Node {
    this.#skipSpace();
    if (this.#at >= this.#text.length) throw this.#error("the file is empty", "It should hold one JSON object: { … }");
    const node = this.#value(0);
    this.#skipSpace();
    if (this.#at < this.#text.length) {
      throw this.#error(`${this.#seen()} after the end of the document`, "A file holds exactly one JSON value; remove what follows it.");
    }
    return node;
  }

  #value(depth: number): Node {
    if (depth > JSON_DEPTH_MAX) throw this.#error(`more than ${JSON_DEPTH_MAX} levels deep`, "Configuration is never this deep: is this the right file?");
    const offset = this.#at;
    const c = this.#text[offset];
    if (c === "{") return this.#object(depth);
    if (c === "[") return this.#array(depth);
    if (c === '"') return { value: this.#string(), offset, children: null };
    for (const [word, value] of [["true", true], ["false", false], ["null", null]] as const) {
      if (this.#text.startsWith(word, offset) && !/\w/.test(this.#text[offset + word.length] ?? "")) {
        this.#at += word.length;
        return { value, offset, children: null };
      }
    }
    if (c === "-" || (c !== undefined && c >= "0" && c <= "9")) return { value: this.#number(), offset, children: null };
    if (c === "'") throw this.#error("a text in single quotes", 'JSON wants double quotes: "…"');
    if (c === "/" || c === "#") throw this.#error("a comment", "JSON has no comments: remove it, or use foretop.yaml, which has them.");
    if (c === "," || c === "}" || c === "]") throw this.#error(`a value is missing before ${this.#seen()}`, "Write a value there, or remove the comma before it.");
    throw this.#error(`${this.#seen()} where a value should be`, 'Texts stand in double quotes; other values are numbers, true, false, null, { … } and [ … ].');
  }

  #object(depth: number): Node {
    const offset = this.#at++;
    const value: Record<string, unknown> = {};
    const children = new Map<PathStep, { keyOffset: number; node: Node }>();
    for (;;) {
      this.#skipSpace();
      if (this.#text[this.#at] === "}") {
        if (children.size > 0) throw this.#error("a comma too many before }", "Remove the comma after the last field.", this.#lastComma());
        this.#at += 1;
        return { value, offset, children };
      }
      const keyOffset = this.#at;
      if (this.#text[keyOffset] === ",") throw this.#error("a comma too many", "Fields are separated by one comma.");
      if (this.#text[keyOffset] !== '"') throw this.#error(`${this.#seen()} where a field's name should be`, 'Names of fields stand in double quotes: "name": value');
      const key = this.#string();
      if (children.has(key)) {
        throw this.#error(`the field "${key}" stands here a second time`, `Keep one of the two; the first is at ${whereText(this.#text, this.#file, children.get(key)!.keyOffset)}.`, keyOffset);
      }
      this.#skipSpace();
      if (this.#text[this.#at] !== ":") throw this.#error(`${this.#seen()} after the name "${key}"`, `A colon should stand there: "${key}": value`);
      this.#at += 1;
      this.#skipSpace();
      const node = this.#value(depth + 1);
      children.set(key, { keyOffset, node });
      // Not `value[key] = …`: a key named __proto__ must become a field like any other, so that it is complained about.
      Object.defineProperty(value, key, { value: node.value, enumerable: true, configurable: true, writable: true });
      this.#skipSpace();
      if (this.#text[this.#at] === "}") {
        this.#at += 1;
        return { value, offset, children };
      }
      this.#comma("}", "field");
    }
  }

  #array(depth: number): Node {
    const offset = this.#at++;
    const value: unknown[] = [];
    const children = new Map<PathStep, { keyOffset: number; node: Node }>();
    for (;;) {
      this.#skipSpace();
      if (this.#text[this.#at] === "]") {
        if (value.length > 0) throw this.#error("a comma too many before ]", "Remove the comma after the last element.", this.#lastComma());
        this.#at += 1;
        return { value, offset, children };
      }
      const keyOffset = this.#at;
      const node = this.#value(depth + 1);
      children.set(value.length, { keyOffset, node });
      value.push(node.value);
      this.#skipSpace();
      if (this.#text[this.#at] === "]") {
        this.#at += 1;
        return { value, offset, children };
      }
      this.#comma("]", "element");
    }
  }

  /** Between two members; the closing bracket was looked for before. */
  #comma(close: string, what: string): void {
    if (this.#at >= this.#text.length) throw this.#error(`the file ends before ${close}`, `Close what was opened with ${close}; is the file complete?`);
    if (this.#text[this.#at] !== ",") throw this.#error(`${this.#seen()} where a comma or ${close} should be`, `Put a comma between one ${what} and the next.`);
    this.#at += 1;
  }

  #string(): string {
    const start = this.#at;
    this.#at += 1;
    for (;;) {
      const c = this.#text[this.#at];
      if (c === undefined) throw this.#error("a text that is never closed", 'The closing " is missing.', start);
      if (c === '"') {
        this.#at += 1;
        break;
      }
      if (c < " ") {
        const isLineEnd = c === "\n" || c === "\r";
        throw this.#error(
          isLineEnd ? "a text that goes over the end of its line" : "a control character inside a text",
          isLineEnd ? 'Close it with ", or write the line break as \\n.' : "Write it as \\t or \\u00XX.",
          isLineEnd ? start : this.#at,
        );
      }
      if (c === "\\") {
        const escape = /^\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/.exec(this.#text.slice(this.#at, this.#at + 6));
        if (escape === null) throw this.#error("a backslash that starts nothing JSON knows", 'Write \\\\ for a backslash, \\" for a quote.');
        this.#at += escape[0].length;
      } else {
        this.#at += 1;
      }
    }
    return JSON.parse(this.#text.slice(start, this.#at)) as string; // checked above: a complete JSON string
  }

  #number(): number {
    const match = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/.exec(this.#text.slice(this.#at, this.#at + 400));
    const end = this.#at + (match?.[0].length ?? 0);
    if (match === null || /[\w.]/.test(this.#text[end] ?? "")) {
      throw this.#error("something that starts like a number and isn't one", "Numbers look like 70, -1.5 or 2e6; texts stand in double quotes.");
    }
    this.#at = end;
    return Number(match[0]);
  }

  #skipSpace(): void {
    while (/[ \t\r\n]/.test(this.#text[this.#at] ?? "")) this.#at += 1;
  }

  #lastComma(): number {
    return this.#text.lastIndexOf(",", this.#at);
  }

  #seen(): string {
    const c = this.#text.codePointAt(this.#at);
    return c === undefined ? "the end of the file" : JSON.stringify(String.fromCodePoint(c)).replaceAll('"', "'");
  }

  #error(message: string, advice: string, offset: number = this.#at): UserError {
    return new UserError(`not valid JSON: ${message}`, { code: "SYNTAX", where: whereText(this.#text, this.#file, offset), advice });
  }
}

function whereText(text: string, file: string, offset: number): string {
  const { line, column } = lineColumnOf(text, Math.min(offset, text.length));
  return `${file}:${line}:${column}`;
}
