/**
 * Who may talk to a service without accounts. It listens on loopback only, so the danger is the user's own browser: a
 * page from elsewhere that has its name resolved to 127.0.0.1 (DNS rebinding), or that posts here across origins. The
 * first is seen by the Host header, the second by Origin and Sec-Fetch-Site, which browsers don't let pages forge.
 */
import { isIP } from "node:net";
import { UserError } from "../../telemetry/errors.ts";

export interface GuardedRequest {
  readonly method: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
}

const READS: readonly string[] = ["GET", "HEAD", "OPTIONS"];

/** Throws UserError "FORBIDDEN" for a request that a foreign page may have made. */
export function guard({ method, headers }: GuardedRequest): void {
  const host = one(headers["host"]);
  if (host === null || !isLoopbackName(hostName(host))) {
    throw new UserError(`requests for host "${host ?? ""}" are not answered`, {
      code: "FORBIDDEN",
      where: "Host",
      advice: "Use http://localhost or http://127.0.0.1 with the port that `serve` printed.",
    });
  }
  if (READS.includes(method)) return;
  const site = one(headers["sec-fetch-site"]);
  const origin = one(headers["origin"]);
  const foreign = (site !== null && site !== "same-origin" && site !== "none") || (origin !== null && origin !== `http://${host}`);
  if (!foreign) return;
  throw new UserError("a page of another origin may not change anything here", {
    code: "FORBIDDEN",
    where: origin === null ? "Sec-Fetch-Site" : "Origin",
    advice: "Use the console that this service shows, or a program that is not a web page.",
  });
}

/** Whether an address to listen on can be reached from this machine only. */
export function isLoopbackName(name: string): boolean {
  if (name === "localhost" || name.endsWith(".localhost")) return true;
  if (isIP(name) === 4) return name.startsWith("127.");
  return name === "::1";
}

/** The name in a Host header, without port and brackets, in lower case; "" when it can't be read. */
function hostName(host: string): string {
  const [, bracketed, plain] = /^(?:\[([0-9a-f:.]+)\]|([^:[\]/@]+))(?::\d{1,5})?$/i.exec(host) ?? [];
  return (bracketed ?? plain ?? "").toLowerCase().replace(/\.$/, "");
}

function one(value: string | readonly string[] | undefined): string | null {
  return typeof value === "string" ? value : null;
}
