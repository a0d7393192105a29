/** Query files beside a configuration file: byte for byte, only a byte order mark is taken off. */
import { dirname, isAbsolute, join } from "node:path";
import { UserError } from "../telemetry/errors.ts";
import type { ConfigProblem } from "./config-problem.ts";
import { SQL_LENGTH_MAX } from "./config-schema.ts";
import type { ReadFile } from "./read-file.ts";

export interface SqlFile {
  readonly sql: string;
  /** as named, relative to the configuration file */
  readonly file: string;
}

export interface ReadSql {
  /** The first of the names that exists. Throws UserError at `where` when none does. */
  required(names: readonly string[], where: string): SqlFile;
  optional(names: readonly string[]): SqlFile | null;
  /** Problems of an error that one of the two threw; throws on what isn't the caller's mistake. */
  problemsOf(error: unknown): ConfigProblem[];
}

export function readSql(entryPath: string, readFile: ReadFile): ReadSql {
  const folder = dirname(entryPath);
  const optional = (names: readonly string[]): SqlFile | null => {
    for (const file of names) {
      if (isAbsolute(file)) throw new UserError(`the query file ${file} is named by an absolute path`, { code: "INVALID", where: entryPath, advice: "Name it relative to this file, so that the folder can be moved and sent." });
      const path = join(folder, file);
      const text = readFile(path);
      if (text === null) continue;
      const sql = text.startsWith("\uFEFF") ? text.slice(1) : text;
      if (sql.trim() === "") throw new UserError("the query file is empty", { code: "INVALID", where: path, advice: "It should hold one SELECT." });
      if (sql.length > SQL_LENGTH_MAX) throw new UserError(`the query is longer than ${SQL_LENGTH_MAX} characters`, { code: "LIMIT", where: path, advice: "Move parts of it into a view of the database." });
      if (sql.includes("\0")) throw new UserError("the query file holds zero bytes", { code: "INVALID", where: path, advice: "Is it a text file?" });
      return { sql, file };
    }
    return null;
  };
  return {
    optional,
    required(names, where) {
      const found = optional(names);
      if (found !== null) return found;
      throw new UserError(`the query file ${names[0]} is missing`, {
        code: "NOT_FOUND",
        where,
        advice: `Looked in ${folder} for ${names.join(" and ")}.`,
      });
    },
    problemsOf(error) {
      if (!(error instanceof UserError)) throw error;
      return [{ message: error.message, where: error.where, advice: error.advice }];
    },
  };
}
