import { expect, test } from "vitest";
import { sampleMessage } from "../../../test/sample-group.ts";
import { testChannel } from "../channel-contract.ts";
import { logChannel, logSettings } from "./log.ts";

testChannel("log", {
  channel: logChannel,
  homeFolder: "",
  open: ({ written }) =>
    Promise.resolve({
      settings: {},
      secrets: {},
      received: () => Promise.resolve(written.map((content) => ({ id: (JSON.parse(content) as { delivery: string }).delivery, content }))),
      fail: () => Promise.reject(new Error("the log does not fail")),
      close: () => Promise.resolve(),
    }),
  cannot: {
    "for now": "a line in our own log is written or the process is gone",
    "for good": "a line in our own log is written or the process is gone",
    "without an answer": "nobody answers",
    secrets: "it has none",
  },
});

test("a message is one line with the headline as its text and the figures as fields", async () => {
  const lines: unknown[] = [];
  const message = sampleMessage();
  await logChannel.send({ key: message.foretop.deliveryKey, message, attempt: 1 }, logSettings.parse({ level: "info" }), {
    secrets: { resolve: () => Promise.reject(new Error("not asked")) },
    signal: new AbortController().signal,
    homeFolder: "",
    log: (...line) => lines.push(line),
  });
  expect(lines).toEqual([
    [
      "info",
      "views 238 below expected (−17 %): platform=ios, since 2026-11-22 14:00",
      {
        delivery: message.foretop.deliveryKey,
        alert: "oncall",
        event: "opened",
        detector: "shop",
        measure: "views",
        kind: "dip",
        severity: 90.26,
        start: "2026-11-22T14:00:00.000Z",
        last: "2026-11-22T14:00:00.000Z",
        actual: 1162,
        expected: 1400,
        segments: [{ platform: "ios" }],
        series: 2,
        url: "http://localhost:7311/groups/3bf090ef-1111-4222-8333-444455556666",
      },
    ],
  ]);
});
