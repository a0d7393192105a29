/** What a checker found: something that must always hold does not. */
export class Violation extends Error {
  override readonly name = "Violation";
  readonly checker: string;

  constructor(checker: string, message: string) {
    super(`${checker}: ${message}`);
    this.checker = checker;
  }
}

export function iso(ms: number | null): string {
  return ms === null ? "none" : new Date(ms).toISOString().slice(0, 19);
}
