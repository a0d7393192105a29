/**
 * JSON that keeps every number: NaN, the infinities and -0, which JSON lacks, are written as {"$number": "NaN"}. The
 * text is ASCII where it must be and stored as it is, so that what comes back is what was handed in.
 */
const SPECIAL = "$number";
const NUMBERS: ReadonlySet<string> = new Set(["NaN", "Infinity", "-Infinity", "-0"]);

export function toJsonText(value: unknown): string {
  return JSON.stringify(value, (_key, member: unknown) => {
    if (typeof member !== "number") return member;
    if (Number.isFinite(member) && !Object.is(member, -0)) return member;
    return { [SPECIAL]: Object.is(member, -0) ? "-0" : String(member) };
  });
}

/** The caller says what the text holds: it wrote it with `toJsonText`. */
export function fromJsonText<T>(text: string): T {
  return JSON.parse(text, (_key, member: unknown) => {
    if (typeof member !== "object" || member === null || !(SPECIAL in member)) return member;
    const special = member[SPECIAL];
    // A dimension may be called $number: only the four texts that we write, alone in their object, are numbers.
    return typeof special === "string" && NUMBERS.has(special) && Object.keys(member).length === 1 ? Number(special) : member;
  }) as T;
}

/** PostgreSQL's text holds everything but U+0000 and lone surrogates; messages of sources may hold anything. */
export function plainText(text: string): string {
  return text.replace(/[\0\p{Surrogate}]/gu, "\uFFFD");
}
