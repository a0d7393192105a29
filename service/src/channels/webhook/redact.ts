/** Shorter pieces of a secret are too common to be recognised, and too little to be of use. */
const PIECE_LENGTH_MIN = 6;

/**
 * Replaces secrets, and pieces of them between blanks, slashes and the like, in a text that comes from outside: some
 * receivers quote the request in their answer.
 */
export function redact(text: string, secrets: readonly string[]): string {
  const forms = new Set<string>();
  for (const secret of secrets) {
    for (const piece of [secret, ...secret.split(/[\s/?&=:;,"]+/)]) {
      if (piece.length < PIECE_LENGTH_MIN) continue;
      for (const form of [piece, JSON.stringify(piece).slice(1, -1), encodeURIComponent(piece), Buffer.from(piece).toString("base64")]) forms.add(form);
    }
  }
  let clean = text;
  for (const form of [...forms].sort((a, b) => b.length - a.length)) clean = clean.replaceAll(form, "•••");
  return clean;
}
