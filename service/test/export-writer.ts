/** A process of its own that exports messages, for tests of several writers on one folder. */
import { readFileSync } from "node:fs";
import type { AlertMessage } from "../src/alerts/message.ts";
import { exportChannel } from "../src/channels/export/export.ts";

const [folder, messagesFile] = process.argv.slice(2) as [string, string];
const messages = JSON.parse(readFileSync(messagesFile, "utf8")) as AlertMessage[];
const context = { secrets: { resolve: () => Promise.reject(new Error("not asked")) }, signal: new AbortController().signal, homeFolder: folder, log: () => {} };
for (const message of messages) {
  const result = await exportChannel.send({ key: message.foretop.deliveryKey, message, attempt: 1 }, { folder }, context);
  if (result.outcome !== "sent") throw new Error(result.detail);
}
