import type { AlertMessage } from "../../alerts/message.ts";
import { readableText } from "../../alerts/readable-text.ts";
import { slackMessage } from "./slack-message.ts";
import type { WebhookSettings } from "./webhook-settings.ts";

export interface WebhookBody {
  readonly contentType: string;
  readonly bytes: Buffer;
}

/** The same message under the same template is the same bytes, on every retry. */
export function webhookBody(message: AlertMessage, template: WebhookSettings["template"]): WebhookBody {
  switch (template) {
    case "foretop":
      return json(message);
    case "lookout": {
      const { foretop: _ours, ...theirs } = message;
      return json(theirs);
    }
    case "slack":
      return json(slackMessage(message));
    case "text":
      return { contentType: "text/plain; charset=utf-8", bytes: Buffer.from(readableText(message)) };
  }
}

function json(value: unknown): WebhookBody {
  return { contentType: "application/json; charset=utf-8", bytes: Buffer.from(JSON.stringify(value)) };
}
