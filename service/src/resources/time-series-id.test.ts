import { createHash } from "node:crypto";
import { seriesKey } from "@foretop/engine";
import { expect, test } from "vitest";
import { timeSeriesId } from "./time-series-id.ts";

const key = seriesKey("views", [{ name: "platform", value: "ios" }]);

test("a series' id is the SHA-512 of detector and key as 128 hex digits", () => {
  const id = timeSeriesId("d-1", key);
  expect(id).toMatch(/^[0-9a-f]{128}$/);
  expect(id).toBe(createHash("sha512").update('d-1\n["views","platform","ios"]').digest("hex"));
});

test("another detector, measure, dimension or a null value gives another id", () => {
  const ids = [
    timeSeriesId("d-1", key),
    timeSeriesId("d-2", key),
    timeSeriesId("d-1", seriesKey("revenue", key.dimensions)),
    timeSeriesId("d-1", seriesKey("views", [{ name: "ios", value: "platform" }])),
    timeSeriesId("d-1", seriesKey("views", [{ name: "platform", value: null }])),
    timeSeriesId("d-1", seriesKey("views", [{ name: "platform", value: "null" }])),
    timeSeriesId("d-1", seriesKey("views", [])),
  ];
  expect(new Set(ids).size).toBe(ids.length);
});

test("the order in which dimensions are given does not matter", () => {
  const a = seriesKey("views", [{ name: "b", value: "2" }, { name: "a", value: "1" }]);
  const b = seriesKey("views", [{ name: "a", value: "1" }, { name: "b", value: "2" }]);
  expect(timeSeriesId("d-1", a)).toBe(timeSeriesId("d-1", b));
});
