import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import type { Socket } from "node:net";
import fc from "fast-check";
import { test } from "vitest";
import type { Cell } from "../connector.ts";
import { openRowTap } from "./row-tap.ts";

const INTEGER = 23;
const TEXT = 25;

function message(kind: string, body: Buffer): Buffer {
  const head = Buffer.alloc(5, kind);
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

function dataRow(cells: readonly (string | null)[]): Buffer {
  const count = Buffer.alloc(2);
  count.writeInt16BE(cells.length);
  const parts = cells.map((cell) => {
    const length = Buffer.alloc(4);
    length.writeInt32BE(cell === null ? -1 : Buffer.byteLength(cell));
    return Buffer.concat([length, Buffer.from(cell ?? "")]);
  });
  return message("D", Buffer.concat([count, ...parts]));
}

function tapped(): { stream: EventEmitter; tap: NonNullable<ReturnType<typeof openRowTap>>; toDriver: Buffer[] } {
  const stream = new EventEmitter();
  const toDriver: Buffer[] = [];
  stream.on("data", (chunk: Buffer) => toDriver.push(Buffer.from(chunk)));
  const tap = openRowTap(stream as Socket)!; // of a socket only its events are used
  return { stream, tap, toDriver };
}

test("rows come out and all else goes to the driver, in order, wherever the bytes are cut", () => {
  const rows: (string | null)[][] = [["1", "web"], [null, "ä😀"], ["-2", ""], ["3", null], ["4", "x".repeat(200)], ["5", "web"]];
  const others = ["1", "2", "t", "n", "C", "Z"].map((kind) => message(kind, Buffer.from(`body of ${kind}`)));
  const all = Buffer.concat([others[0]!, others[1]!, ...rows.slice(0, 3).map(dataRow), others[2]!, ...rows.slice(3).map(dataRow), others[3]!, others[4]!, others[5]!]);
  const expected: Cell[][] = rows.map(([n, text]) => [n === null ? null : Number(n), text!]);
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: all.length }), { maxLength: 12 }), (cuts) => {
      const { stream, tap, toDriver } = tapped();
      tap.describe([{ name: "n", dataTypeID: INTEGER }, { name: "text", dataTypeID: TEXT }]);
      const places = [0, ...cuts.toSorted((a, b) => a - b), all.length];
      places.slice(1).forEach((end, i) => stream.emit("data", all.subarray(places[i]!, end)));
      assert.deepEqual(tap.take(), expected);
      assert.deepEqual(tap.take(), []);
      assert.deepEqual(Buffer.concat(toDriver), Buffer.concat(others));
    }),
  );
});

test("after closing, the driver gets every byte again", () => {
  const { stream, tap, toDriver } = tapped();
  tap.close();
  stream.emit("data", dataRow(["1"]));
  assert.deepEqual(toDriver, [dataRow(["1"])]);
});

test("a stream that nobody or several listen to is left alone", () => {
  assert.equal(openRowTap(new EventEmitter() as Socket), null);
});

test("texts that come again are told apart by every byte", () => {
  const { stream, tap } = tapped();
  tap.describe([{ name: "text", dataTypeID: TEXT }]);
  const texts = Array.from({ length: 20_000 }, (_, i) => `value ${i % 9000}`);
  stream.emit("data", Buffer.concat(texts.map((text) => dataRow([text]))));
  assert.deepEqual(tap.take().map(([text]) => text), texts);
});
