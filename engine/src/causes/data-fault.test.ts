import assert from "node:assert/strict";
import { test } from "vitest";
import { dataVerdict, type DataSigns } from "./data-fault.ts";

const HEALTHY: DataSigns = {
  rowCount: 1000,
  rowCountExpected: 1010,
  reached: 1,
  duplicateShare: 0,
  duplicateShareUsual: 0,
  nullShare: 0,
  nullShareUsual: 0,
  missingPartitions: [],
  partitionCount: 21,
  measuresFallen: 1,
  measureCount: 2,
  change: -0.3,
};

test("with healthy data it is probably the business, and says why", () => {
  assert.deepEqual(dataVerdict(HEALTHY), { verdict: "probably the business", reasons: ["1000 rows arrived, about as usual and the interval is complete: nothing speaks for a fault of the data"] });
});

test("missing partitions make the pipeline probable", () => {
  const missingPartitions = ["DE", "FR", null].map((value) => ({ dimension: "country", value }));
  const { verdict, reasons } = dataVerdict({ ...HEALTHY, missingPartitions });
  assert.equal(verdict, "probably the pipeline");
  assert.deepEqual(reasons, ["3 of 21 partitions are missing (country=DE, country=FR, country=null)"]);
});

test("no row, data that ends early, many duplicates or nulls are each enough", () => {
  assert.equal(dataVerdict({ ...HEALTHY, rowCount: 0 }).verdict, "probably the pipeline");
  assert.deepEqual(dataVerdict({ ...HEALTHY, reached: 0.5 }).reasons, ["the data ends after 50 % of the interval"]);
  assert.equal(dataVerdict({ ...HEALTHY, duplicateShare: 0.5, change: 0.9 }).verdict, "probably the pipeline");
  assert.equal(dataVerdict({ ...HEALTHY, nullShare: 0.4 }).verdict, "probably the pipeline");
});

test("rows that fell in step are possible only, with all measures falling alike probable", () => {
  const inStep = { ...HEALTHY, rowCount: 700, rowCountExpected: 1000 };
  assert.equal(dataVerdict(inStep).verdict, "possibly the pipeline");
  const all = dataVerdict({ ...inStep, measuresFallen: 4, measureCount: 4 });
  assert.equal(all.verdict, "probably the pipeline");
  assert.deepEqual(all.reasons, ["rows fell 30 %, in step with the measure", "all 4 measures fell by about the same share"]);
});

test("what is not known says nothing", () => {
  assert.equal(dataVerdict({ ...HEALTHY, rowCount: NaN, rowCountExpected: NaN, reached: NaN, partitionCount: 0 }).verdict, "probably the business");
});
