import { expect, test } from "vitest";
import { sampleMember, sampleMessage, SAMPLE_KEYS } from "../../../test/sample-group.ts";
import { readableText } from "../../alerts/readable-text.ts";
import { slackMessage } from "./slack-message.ts";
import { webhookBody } from "./webhook-body.ts";

const message = sampleMessage();
const bodyText = (template: Parameters<typeof webhookBody>[1]) => webhookBody(message, template).bytes.toString("utf8");

test("foretop: the whole message", () => {
  expect(JSON.parse(bodyText("foretop"))).toEqual(message);
});

test("lookout: only what the retired service sent", () => {
  const { foretop: _ours, ...theirs } = message;
  expect(JSON.parse(bodyText("lookout"))).toEqual(theirs);
});

test("text: the readable text", () => {
  expect(bodyText("text")).toBe(readableText(message));
  expect(webhookBody(message, "text").contentType).toBe("text/plain; charset=utf-8");
});

test("slack: headline, figures, series, link", async () => {
  await expect(`${JSON.stringify(slackMessage(message), null, 2)}\n`).toMatchFileSnapshot("./golden/slack.json");
});

/** Slack's limits: Block Kit reference, header 150, section text 3000, field 2000 characters, 50 blocks. */
test("slack: any message keeps Slack's limits, and what Slack would read as markup is escaped", () => {
  const nasty = `<!channel> & <https://evil.example|click> ${"🦉".repeat(400)}`;
  const keys = Array.from({ length: 60 }, (_, s) => ({ ...SAMPLE_KEYS[0]!, dimensions: [{ name: "marketplace", value: `${nasty}${s}` }, { name: "platform", value: "x".repeat(300) }] }));
  const large = sampleMessage({ measure: nasty, members: keys.map((_, s) => sampleMember(s)), head: [0] }, { keys });
  const { text, blocks } = slackMessage({ ...large, foretop: { ...large.foretop, headline: nasty } }) as { text: string; blocks: { text?: { text: string }; fields?: { text: string }[] }[] };
  expect(text).not.toContain("<!channel>");
  expect(blocks[0]!.text!.text.length).toBeLessThanOrEqual(150);
  expect(blocks[0]!.text!.text.isWellFormed()).toBe(true);
  for (const { text: field } of blocks[1]!.fields!) expect(field.length).toBeLessThanOrEqual(2000);
  const series = blocks[2]!.text!.text;
  expect(series.length).toBeLessThanOrEqual(3000);
  expect(series).not.toContain("<!channel>");
  expect(series).toMatch(/… and \d+ more$/);
});

test("slack: one missing value, the total, and an expectation of zero read well", () => {
  const text = JSON.stringify(slackMessage(sampleMessage({ actual: NaN, members: [sampleMember(6, { actual: NaN }), sampleMember(4, { expected: 0 })], head: [4, 6] })));
  expect(text).toContain("everything: *no data*, expected 700");
  expect(text).toContain("platform=ios: *577*, expected 0\\n");
});
