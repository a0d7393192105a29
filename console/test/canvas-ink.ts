import type { Locator } from "playwright-core";

/** How many pixels of a chart's canvas have a colour, within a tolerance for the edges of lines. */
export async function inkOf(chart: Locator, hex: string): Promise<number> {
  const wanted = [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16));
  return chart.locator("canvas").evaluate((element, [r, g, b]) => {
    const canvas = element as HTMLCanvasElement;
    const { data } = canvas.getContext("2d")!.getImageData(0, 0, canvas.width, canvas.height);
    let count = 0;
    for (let i = 0; i < data.length; i += 4) {
      const distance = Math.abs(data[i]! - r!) + Math.abs(data[i + 1]! - g!) + Math.abs(data[i + 2]! - b!);
      if (data[i + 3]! > 200 && distance < 24) count++;
    }
    return count;
  }, wanted);
}

/** The picture as one number, to tell two pictures apart. */
export async function fingerprintOf(chart: Locator): Promise<number> {
  return chart.locator("canvas").evaluate((element) => {
    const canvas = element as HTMLCanvasElement;
    const { data } = canvas.getContext("2d")!.getImageData(0, 0, canvas.width, canvas.height);
    let hash = 0;
    for (let i = 0; i < data.length; i++) hash = (Math.imul(hash, 31) + data[i]!) | 0;
    return hash;
  });
}
