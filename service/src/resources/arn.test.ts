import { expect, test } from "vitest";
import { alertArn, alertEventId, detectorArn } from "./arn.ts";

const owner = { region: "eu-central-1", account: "123456789012" };

test("ARNs have the form of the retired service (reference §5.7)", () => {
  expect(detectorArn("orders", owner)).toBe("arn:aws:lookoutmetrics:eu-central-1:123456789012:AnomalyDetector:orders");
  expect(alertArn("oncall", owner)).toBe("arn:aws:lookoutmetrics:eu-central-1:123456789012:Alert:oncall");
  expect(alertEventId("oncall", "3bf090ef-0000-4000-8000-000000000000", owner)).toBe(
    "arn:aws:lookoutmetrics:eu-central-1:123456789012:Alert:oncall:event/3bf090ef-0000-4000-8000-000000000000",
  );
});

test("ARNs match the pattern that the retired service's API validates with", () => {
  for (const arn of [detectorArn("a"), alertArn("b"), alertEventId("b", "c")]) expect(arn).toMatch(/^arn:([a-z\d-]+):.*:.*:.*:.+$/);
});
