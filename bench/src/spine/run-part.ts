/** One part in its own process: `node run-part.ts NAME '{"…options…"}'`; the figures are the last line of stdout. */
import { crawlAgainstCopy, oneInterval, train, type Figures, type PartOptions } from "./parts.ts";

const PARTS: Readonly<Record<string, (options: PartOptions) => Promise<Figures>>> = { crawlAgainstCopy, oneInterval, train };

const [name, options] = process.argv.slice(2);
// The only caller is spine.ts, which writes PartOptions.
const figures = await PARTS[name](JSON.parse(options) as PartOptions);
process.stdout.write(`${JSON.stringify(figures)}\n`);
