/** What a service answers, before faults get at it. */
export interface KitReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

export function reply(status: number, headers: Readonly<Record<string, string>> = {}, body: Buffer | string = ""): KitReply {
  return { status, headers, body: typeof body === "string" ? Buffer.from(body) : body };
}

export function xmlReply(xml: string, { status = 200, headers = {} }: { status?: number; headers?: Readonly<Record<string, string>> } = {}): KitReply {
  return reply(status, { "content-type": "application/xml", ...headers }, `<?xml version="1.0" encoding="UTF-8"?>\n${xml}`);
}
