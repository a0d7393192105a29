import { lazy, Suspense, useEffect, type MouseEvent, type ReactNode } from "react";
import { AnomaliesPage } from "../pages/anomalies-page.tsx";
import { DetectorsPage } from "../pages/detectors-page.tsx";
import { Empty, Loading } from "../parts/states.tsx";
import { hrefs, navigate, useRoute, type Route } from "./route.ts";
import { setTheme, useTheme } from "./theme.ts";

// Pages that bring the charts or much else with them are loaded when they are first asked for.
const DetectorPage = lazy(async () => ({ default: (await import("../pages/detector-page.tsx")).DetectorPage }));
const GroupPage = lazy(async () => ({ default: (await import("../pages/group-page.tsx")).GroupPage }));
const IncidentPage = lazy(async () => ({ default: (await import("../pages/incident-page.tsx")).IncidentPage }));
const IncidentsPage = lazy(async () => ({ default: (await import("../pages/incidents-page.tsx")).IncidentsPage }));
const SeriesPage = lazy(async () => ({ default: (await import("../pages/series-page.tsx")).SeriesPage }));
const GalleryPage = lazy(async () => ({ default: (await import("../gallery/gallery-page.tsx")).GalleryPage }));

interface Crumb {
  readonly text: string;
  readonly href: string;
}

interface Place {
  readonly page: ReactNode;
  /** from the top down to this page */
  readonly crumbs: readonly Crumb[];
}

const DETECTORS: Crumb = { text: "Detectors", href: hrefs.detectors() };
const ANOMALIES: Crumb = { text: "Anomalies", href: hrefs.anomalies() };
const INCIDENTS: Crumb = { text: "Incidents", href: hrefs.incidents() };

/** The frame: bar with the pages, where one is, and the page. */
export function App() {
  const { page, crumbs } = placeOf(useRoute());
  const theme = useTheme();
  const title = crumbs.at(-1)!.text;
  useEffect(() => {
    document.title = `${title} · Foretop`;
  }, [title]);
  return (
    <>
      <a className="skip" href="#content">
        Skip to the content
      </a>
      <header className="bar">
        <a className="brand" href={hrefs.detectors()} onClick={stay}>
          <img src="/icon.svg" alt="" width="24" height="24" /> Foretop
        </a>
        <nav aria-label="Pages">
          {[DETECTORS, ANOMALIES, INCIDENTS].map(({ text, href }) => (
            <a key={href} href={href} onClick={stay} aria-current={crumbs[0]!.href === href ? "page" : undefined}>
              {text}
            </a>
          ))}
        </nav>
        <button type="button" onClick={() => setTheme(theme === "dark" ? "light" : "dark")} aria-label={`Use ${theme === "dark" ? "light" : "dark"} colours`}>
          {theme === "dark" ? "☀" : "☾"}
        </button>
      </header>
      <main id="content">
        {crumbs.length > 1 && (
          <nav className="crumbs" aria-label="Where you are">
            {crumbs.slice(0, -1).map(({ text, href }) => (
              <span key={href}>
                <a href={href} onClick={stay}>
                  {text}
                </a>{" "}
                /{" "}
              </span>
            ))}
            {title}
          </nav>
        )}
        <Suspense fallback={<Loading />}>{page}</Suspense>
      </main>
      <footer className="foot">
        <a href="/v1/openapi.json">API reference</a>
        <a href={hrefs.gallery()} onClick={stay}>
          Chart gallery
        </a>
      </footer>
    </>
  );
}

/** An ordinary click stays in the page; one with a modifier does what the browser does. */
function stay(event: MouseEvent<HTMLAnchorElement>): void {
  if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  navigate(event.currentTarget.pathname + event.currentTarget.search);
}

function placeOf({ path }: Route): Place {
  const [first, name, third, fourth] = path;
  if (first === undefined) return { page: <DetectorsPage />, crumbs: [DETECTORS] };
  if (first === "detectors" && name !== undefined) {
    const here = { text: name, href: hrefs.detector(name) };
    if (third === "series" && fourth !== undefined) {
      const crumbs = [DETECTORS, here, { text: `Series ${fourth}`, href: hrefs.series(name, Number(fourth)) }];
      return { page: <SeriesPage key={fourth} detector={name} series={fourth} />, crumbs };
    }
    if (third === undefined) return { page: <DetectorPage key={name} name={name} />, crumbs: [DETECTORS, here] };
  }
  if (first === "anomalies") return { page: <AnomaliesPage />, crumbs: [ANOMALIES] };
  if (first === "groups" && name !== undefined) {
    return { page: <GroupPage key={name} id={name} />, crumbs: [ANOMALIES, { text: "Anomaly group", href: hrefs.group(name) }] };
  }
  if (first === "incidents" && name === undefined) return { page: <IncidentsPage />, crumbs: [INCIDENTS] };
  if (first === "incidents" && name !== undefined) return { page: <IncidentPage key={name} id={name} />, crumbs: [INCIDENTS, { text: "Incident", href: hrefs.incident(name) }] };
  if (first === "gallery") return { page: <GalleryPage />, crumbs: [DETECTORS, { text: "Chart gallery", href: hrefs.gallery() }] };
  return { page: <Empty title="There is no such page" why="The pages are listed at the top." />, crumbs: [DETECTORS, { text: "Nowhere", href: "/" }] };
}
