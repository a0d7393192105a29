/** YAML 1.2 (core schema) with positions: one document, no duplicate keys, no custom tags, bounded aliases. */
import { isAlias, isMap, isPair, isScalar, isSeq, LineCounter, parseAllDocuments, type Node, type ParsedNode } from "yaml";
import { UserError } from "../telemetry/errors.ts";
import type { LocatedDocument, PathStep } from "./located-document.ts";

export const YAML_ALIASES_MAX = 100;

/** Throws UserError with `where: "file:line:column"`. */
export function parseYaml(text: string, file: string): LocatedDocument {
  const lines = new LineCounter();
  const whereOf = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return `${file}:${Math.max(1, line)}:${Math.max(1, col)}`;
  };
  const parsed = parseAllDocuments<ParsedNode>(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true, logLevel: "silent" });
  const documents = Array.isArray(parsed) ? parsed : [];
  const document = documents[0];
  if (document === undefined || document.contents === null || (isScalar(document.contents) && document.contents.value === null)) {
    throw new UserError("the file is empty", { code: "SYNTAX", where: `${file}:1:1`, advice: "It should hold the fields of one detector; see docs/configuration.md." });
  }
  for (const one of documents) {
    // A tag that isn't known (e.g. !!js/function, !secret) is a warning to the parser; to us it is a mistake.
    const problem = one.errors[0] ?? one.warnings[0];
    if (problem !== undefined) {
      throw new UserError(`not valid YAML: ${sentenceOf(problem.code, problem.message)}`, { code: "SYNTAX", where: whereOf(problem.pos[0]), advice: adviceOf(problem.code) });
    }
  }
  if (documents.length > 1) {
    const second = documents[1]!.contents;
    throw new UserError("a second document begins here", { code: "SYNTAX", where: whereOf(second?.range[0] ?? 0), advice: "One file holds one detector: put the other into a file of its own." });
  }

  const root: ParsedNode = document.contents;
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: YAML_ALIASES_MAX });
  } catch (error) {
    throw new UserError(`not usable YAML: ${error instanceof Error ? error.message : String(error)}`, { code: "SYNTAX", where: `${file}:1:1`, advice: "Write the values out instead of repeating them by alias.", cause: error });
  }
  return {
    file,
    value,
    locate: (path, options) => whereOf(offsetOf(root, path, options?.key === true, (node) => (isAlias(node) ? node.resolve(document) : undefined))),
  };
}

function offsetOf(root: Node, path: readonly PathStep[], ofKey: boolean, resolve: (node: Node) => Node | undefined): number {
  let node: Node = root;
  let offset = startOf(root, 0);
  for (const [i, step] of path.entries()) {
    const target = resolve(node) ?? node;
    let keyOffset: number | null = null;
    let next: unknown;
    if (isMap(target)) {
      const pair = target.items.find((item) => isPair(item) && isScalar(item.key) && String(item.key.value) === String(step));
      if (pair === undefined) break;
      keyOffset = startOf(pair.key as Node, offset);
      next = pair.value;
    } else if (isSeq(target) && typeof step === "number") {
      next = target.items[step];
    }
    if (keyOffset !== null) offset = keyOffset;
    if (next === undefined || next === null) break;
    node = next as Node; // items of a parsed collection are nodes
    if (!(ofKey && i === path.length - 1 && keyOffset !== null)) offset = startOf(node, offset);
  }
  return offset;
}

function startOf(node: Node, fallback: number): number {
  return node.range?.[0] ?? fallback;
}

function sentenceOf(code: string, message: string): string {
  if (code === "DUPLICATE_KEY") return "a field stands here a second time";
  if (code === "TAB_AS_INDENT") return "a tab where spaces should indent";
  if (code === "TAG_RESOLVE_FAILED") return `a tag that is not known (${message})`;
  return message.split("\n")[0]!;
}

function adviceOf(code: string): string {
  if (code === "DUPLICATE_KEY") return "Keep one of the two.";
  if (code === "TAB_AS_INDENT") return "Indent with spaces.";
  if (code === "TAG_RESOLVE_FAILED") return "Plain YAML only: remove the tag.";
  if (code === "BAD_INDENT" || code === "MISSING_CHAR") return "Look at the indentation here and in the line before: fields of one level begin in one column.";
  return "Look at this line and the one before it.";
}
