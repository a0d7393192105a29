import { expect, test } from "vitest";
import { localParts, zonedDateTimeText } from "./zoned-date-time.ts";

test("the observed texts of the retired service come out (reference §3.8)", () => {
  expect(zonedDateTimeText(Date.parse("2020-12-05T01:00:00Z"), "UTC")).toBe("2020-12-05T01:00Z[UTC]");
  expect(zonedDateTimeText(Date.parse("2022-01-15T04:25:00Z"), "UTC")).toBe("2022-01-15T04:25Z[UTC]");
  expect(zonedDateTimeText(Date.parse("2021-02-14T04:00:00Z"), "Atlantic/St_Helena")).toBe("2021-02-14T04:00Z[Atlantic/St_Helena]");
});

test("seconds and fractions are written only where they are not zero, as Java's ZonedDateTime does", () => {
  expect(zonedDateTimeText(Date.parse("2022-01-15T04:25:07Z"), "UTC")).toBe("2022-01-15T04:25:07Z[UTC]");
  expect(zonedDateTimeText(Date.parse("2022-01-15T04:25:00.040Z"), "UTC")).toBe("2022-01-15T04:25:00.040Z[UTC]");
});

test("the offset is that of the instant: summer, winter, half hours, west of Greenwich", () => {
  expect(zonedDateTimeText(Date.parse("2021-07-01T00:00:00Z"), "Europe/Berlin")).toBe("2021-07-01T02:00+02:00[Europe/Berlin]");
  expect(zonedDateTimeText(Date.parse("2021-01-01T00:00:00Z"), "Europe/Berlin")).toBe("2021-01-01T01:00+01:00[Europe/Berlin]");
  expect(zonedDateTimeText(Date.parse("2021-01-01T00:00:00Z"), "Asia/Kolkata")).toBe("2021-01-01T05:30+05:30[Asia/Kolkata]");
  expect(zonedDateTimeText(Date.parse("2021-01-01T00:00:00Z"), "America/St_Johns")).toBe("2020-12-31T20:30-03:30[America/St_Johns]");
});

test("the two local hours of the same name in autumn differ by their offset", () => {
  const first = Date.parse("2021-10-31T00:00:00Z");
  expect(zonedDateTimeText(first, "Europe/Berlin")).toBe("2021-10-31T02:00+02:00[Europe/Berlin]");
  expect(zonedDateTimeText(first + 3_600_000, "Europe/Berlin")).toBe("2021-10-31T02:00+01:00[Europe/Berlin]");
});

test("midnight is hour 00 and a leap day exists", () => {
  expect(zonedDateTimeText(Date.parse("2024-02-29T00:00:00Z"), "UTC")).toBe("2024-02-29T00:00Z[UTC]");
  expect(localParts(Date.parse("2024-02-28T23:00:00Z"), "Europe/Paris")).toMatchObject({ month: "02", day: "29", hour: "00" });
});

test("an unknown zone is refused", () => {
  expect(() => zonedDateTimeText(0, "Mars/Olympus")).toThrow(RangeError);
});
