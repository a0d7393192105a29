import type { AnomalyGroup, SeriesKey } from "@foretop/engine";
import type { AlertConfig } from "../resources/detector.ts";

/**
 * Whether an alert is about a group: severe enough, and every criterion that is set holds – AND between criteria, OR
 * inside one (reference §4.1).
 *
 * All dimension filters must hold for one and the same anomalous series: `platform=ios` and `country=DE` is about iOS in
 * Germany, not about iOS anywhere while something else is off in Germany. A dimension that is rolled up, or null in the
 * data, is none of the values of a filter.
 */
export function matchesAlert(group: AnomalyGroup, alert: AlertConfig, keys: readonly SeriesKey[]): boolean {
  if (group.severity < alert.severityMin) return false;
  if (alert.measures.length > 0 && !alert.measures.includes(group.measure)) return false;
  if (alert.dimensionFilters.length === 0) return true;
  return group.members.some(({ series }) => {
    const values = new Map(keys[series]!.dimensions.map(({ name, value }) => [name, value]));
    return alert.dimensionFilters.every(({ dimension, values: wanted }) => {
      const value = values.get(dimension);
      return value !== undefined && value !== null && wanted.includes(value);
    });
  });
}
