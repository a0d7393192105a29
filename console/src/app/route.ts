/** Addresses of the pages. The address holds the whole state of a list, so that a link shows what its sender saw. */
import { useSyncExternalStore } from "react";

export interface Route {
  readonly path: readonly string[];
  readonly query: URLSearchParams;
}

export function useRoute(): Route {
  const href = useSyncExternalStore(subscribe, () => location.pathname + location.search);
  const url = new URL(href, location.origin);
  return { path: url.pathname.split("/").filter(Boolean).map(decodeURIComponent), query: url.searchParams };
}

/** Goes to another page. */
export function navigate(href: string): void {
  history.pushState(null, "", href);
  dispatchEvent(new PopStateEvent("popstate"));
  scrollTo(0, 0);
}

/** Changes fields of the address without a new step for the back button; null removes one. */
export function setQuery(fields: Readonly<Record<string, string | null>>): void {
  const url = new URL(location.href);
  for (const [name, value] of Object.entries(fields)) {
    if (value === null) url.searchParams.delete(name);
    else url.searchParams.set(name, value);
  }
  history.replaceState(null, "", url);
  dispatchEvent(new PopStateEvent("popstate"));
}

/** For Cloudscape's links: an ordinary click stays in the page, one with a modifier opens a new tab. */
export function follow(event: { preventDefault(): void; detail: { href?: string | undefined; external?: boolean | undefined } }): void {
  const { href, external } = event.detail;
  if (href === undefined || external === true || !href.startsWith("/")) return;
  event.preventDefault();
  navigate(href);
}

export const hrefs = {
  detectors: () => "/",
  detector: (name: string, tab?: string) => `/detectors/${encodeURIComponent(name)}${tab === undefined ? "" : `?tab=${tab}`}`,
  series: (name: string, series: number) => `/detectors/${encodeURIComponent(name)}/series/${series}`,
  anomalies: () => "/anomalies",
  group: (id: string) => `/groups/${encodeURIComponent(id)}`,
  incidents: () => "/incidents",
  incident: (id: string) => `/incidents/${encodeURIComponent(id)}`,
  gallery: () => "/gallery",
};

function subscribe(changed: () => void): () => void {
  addEventListener("popstate", changed);
  return () => removeEventListener("popstate", changed);
}
