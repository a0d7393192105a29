import { randomBytes } from "node:crypto";

export interface KitCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/** In the forms that AWS has, since clients look at them: AKIA… for users, ASIA… for temporary credentials. */
export function newAccessKey(prefix: "AKIA" | "ASIA"): KitCredentials {
  const id = [...randomBytes(16)].map((byte) => LETTERS[byte % LETTERS.length]).join("");
  return { accessKeyId: prefix + id, secretAccessKey: randomBytes(30).toString("base64") };
}
