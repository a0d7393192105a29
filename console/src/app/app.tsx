import AppLayout from "@cloudscape-design/components/app-layout";
import BreadcrumbGroup from "@cloudscape-design/components/breadcrumb-group";
import SideNavigation from "@cloudscape-design/components/side-navigation";
import { lazy, Suspense, useEffect, useState, type ReactNode } from "react";
import { AnomaliesPage } from "../pages/anomalies-page.tsx";
import { DetectorsPage } from "../pages/detectors-page.tsx";
import { Empty, Loading } from "../parts/states.tsx";
import { follow, hrefs, useRoute, type Route } from "./route.ts";
import { setTheme, useTheme } from "./theme.ts";

// Pages that bring the charts or much else with them are loaded when they are first asked for.
const DetectorPage = lazy(async () => ({ default: (await import("../pages/detector-page.tsx")).DetectorPage }));
const GroupPage = lazy(async () => ({ default: (await import("../pages/group-page.tsx")).GroupPage }));
const SeriesPage = lazy(async () => ({ default: (await import("../pages/series-page.tsx")).SeriesPage }));
const GalleryPage = lazy(async () => ({ default: (await import("../gallery/gallery-page.tsx")).GalleryPage }));

interface Place {
  readonly page: ReactNode;
  readonly crumbs: readonly { text: string; href: string }[];
}

const DETECTORS = { text: "Detectors", href: hrefs.detectors() };
const ANOMALIES = { text: "Anomalies", href: hrefs.anomalies() };

export function App() {
  const route = useRoute();
  const theme = useTheme();
  const [open, setOpen] = useState(innerWidth >= 1200);
  const { page, crumbs } = placeOf(route);
  const title = crumbs.at(-1)!.text;
  useEffect(() => {
    document.title = `${title} · Foretop`;
  }, [title]);
  return (
    <AppLayout
      navigation={
        <SideNavigation
          header={{ text: "Foretop", href: hrefs.detectors() }}
          activeHref={route.path[0] === "anomalies" || route.path[0] === "groups" ? hrefs.anomalies() : hrefs.detectors()}
          onFollow={follow}
          items={[
            { type: "link", ...DETECTORS },
            { type: "link", ...ANOMALIES },
            { type: "divider" },
            { type: "link", text: "API reference", href: "/v1/openapi.json", external: true },
            { type: "link", text: "Chart gallery", href: hrefs.gallery() },
          ]}
          itemsControl={
            <button type="button" className="theme-button" onClick={() => setTheme(theme === "dark" ? "light" : "dark")}>
              {theme === "dark" ? "Light" : "Dark"} mode
            </button>
          }
        />
      }
      navigationOpen={open}
      onNavigationChange={({ detail }) => setOpen(detail.open)}
      breadcrumbs={<BreadcrumbGroup items={[...crumbs]} onFollow={follow} ariaLabel="Where you are" />}
      toolsHide
      ariaLabels={{ navigation: "Pages", navigationClose: "Close the list of pages", navigationToggle: "Open the list of pages" }}
      content={<Suspense fallback={<Loading />}>{page}</Suspense>}
    />
  );
}

function placeOf({ path }: Route): Place {
  const [first, name, third, fourth] = path;
  if (first === undefined) return { page: <DetectorsPage />, crumbs: [DETECTORS] };
  if (first === "detectors" && name !== undefined) {
    const here = { text: name, href: hrefs.detector(name) };
    if (third === "series" && fourth !== undefined) return { page: <SeriesPage key={fourth} detector={name} series={fourth} />, crumbs: [DETECTORS, here, { text: `Series ${fourth}`, href: hrefs.series(name, Number(fourth)) }] };
    if (third === undefined) return { page: <DetectorPage key={name} name={name} />, crumbs: [DETECTORS, here] };
  }
  if (first === "anomalies") return { page: <AnomaliesPage />, crumbs: [ANOMALIES] };
  if (first === "groups" && name !== undefined) return { page: <GroupPage key={name} id={name} />, crumbs: [ANOMALIES, { text: "Anomaly group", href: hrefs.group(name) }] };
  if (first === "gallery") return { page: <GalleryPage />, crumbs: [{ text: "Chart gallery", href: hrefs.gallery() }] };
  return { page: <Empty title="There is no such page" why="The list of pages is on the left." />, crumbs: [DETECTORS] };
}
