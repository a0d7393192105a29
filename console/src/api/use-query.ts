import { useCallback, useEffect, useState } from "react";
import { ApiTrouble, getJson, type Trouble } from "./call.ts";

/** How often a page asks again while it is open: the shortest interval is five minutes. */
const REFRESH_MS = 30_000;

/** What a page knows: trouble may come with older data, which stays on the page. */
export interface Query<T> {
  readonly data: T | null;
  readonly trouble: Trouble | null;
  readonly loading: boolean;
  readonly loadedMs: number | null;
  readonly reload: () => void;
}

type Known<T> = Pick<Query<T>, "data" | "trouble" | "loadedMs"> & { readonly key: string };

/** Asks an operation now, when its input changes, and every half minute; `path` null asks nothing. */
export function useQuery<T>(path: string | null, input: Readonly<Record<string, string | number | undefined>> = {}): Query<T> {
  const key = path === null ? "" : `${path} ${JSON.stringify(input)}`;
  const [known, setKnown] = useState<Known<T>>({ key: "", data: null, trouble: null, loadedMs: null });
  const [turn, setTurn] = useState(0);

  useEffect(() => {
    if (path === null) return undefined;
    const leaving = new AbortController();
    const ask = () =>
      void getJson<T>(path, input, leaving.signal).then(
        (data) => setKnown({ key, data, trouble: null, loadedMs: Date.now() }),
        (error: unknown) => {
          if (leaving.signal.aborted) return;
          const trouble: Trouble = error instanceof ApiTrouble ? error.trouble : { kind: "broken", message: String(error), advice: null };
          // Without an answer the older data stays. An answer of "no" is one: data of another question would be read as this one's.
          setKnown((before) => (before.key === key || trouble.kind === "unreachable" ? { ...before, key, trouble } : { key, data: null, trouble, loadedMs: null }));
        },
      );
    ask();
    const timer = setInterval(() => document.visibilityState === "visible" && ask(), REFRESH_MS);
    return () => {
      clearInterval(timer);
      leaving.abort();
    };
    // `key` stands for path and input, whose objects are new at every render.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [key, turn]);

  const reload = useCallback(() => setTurn((t) => t + 1), []);
  // While a new question is open the old answer stays on the page, so that a slider does not make it flicker.
  return { data: known.data, trouble: known.trouble, loadedMs: known.loadedMs, loading: path !== null && known.key !== key, reload };
}
