import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import {
  AxisPlacement,
  BigValueColorMode,
  BigValueGraphMode,
  GraphDrawStyle,
  GraphGradientMode,
  LegendDisplayMode,
  LegendPlacement,
  LineInterpolation,
  ReduceDataOptionsBuilder,
  SortOrder,
  StackingConfigBuilder,
  StackingMode,
  TooltipDisplayMode,
  VisibilityMode,
  VizLegendOptionsBuilder,
  VizTooltipOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common';
import {
  FieldColorBuilder,
  FieldColorModeId,
  type Panel,
  ThresholdsConfigBuilder,
  ThresholdsMode,
} from '@grafana/grafana-foundation-sdk/dashboard';
import {
  PanelBuilder as HeatmapBuilder,
  HeatmapColorMode,
  HeatmapColorOptionsBuilder,
  HeatmapTooltipBuilder,
  YAxisConfigBuilder,
} from '@grafana/grafana-foundation-sdk/heatmap';
import { DataqueryBuilder, PromQueryFormat } from '@grafana/grafana-foundation-sdk/prometheus';
import { PanelBuilder as StatBuilder } from '@grafana/grafana-foundation-sdk/stat';
import { PanelBuilder as StateTimelineBuilder } from '@grafana/grafana-foundation-sdk/statetimeline';
import { PanelBuilder as TimeseriesBuilder } from '@grafana/grafana-foundation-sdk/timeseries';
import { type Color, color, noneIsGood, type Steps } from './palette.ts';
import { at, inRange } from './promql.ts';

/** The data source that grafana/provisioning makes. */
export const prometheus = { type: 'prometheus', uid: 'hearsay-prometheus' };

/** What every panel has. Its description is what it means, and what bad looks like. */
interface Explained {
  readonly title: string;
  readonly means: string;
  readonly bad: string;
  readonly unit?: string;
  /** Of 24. */
  readonly width: number;
}

export interface Query {
  readonly expr: string;
  /** The name of its lines: text, with `{{label}}` in place of a label's value. */
  readonly legend: string;
  readonly color?: Color;
}

export type PanelBuilder = Builder<Panel> & { id(id: number): unknown };

const height = { stat: 4, chart: 8 };

/** One number, coloured by its steps, with its history behind it. */
export function stat(
  spec: Explained & {
    readonly expr: string;
    readonly steps: Steps;
    readonly decimals?: number;
    /** Shown when the query has no answer, which then is a good one. */
    readonly whenNothing?: string;
  },
): PanelBuilder {
  const panel = new StatBuilder()
    .title(spec.title)
    .description(describe(spec))
    .datasource(prometheus)
    .height(height.stat)
    .span(spec.width)
    .unit(spec.unit ?? 'short')
    .thresholds(thresholds(spec.steps))
    .colorScheme(new FieldColorBuilder().mode(FieldColorModeId.Thresholds))
    .colorMode(BigValueColorMode.Value)
    .graphMode(BigValueGraphMode.Area)
    .reduceOptions(new ReduceDataOptionsBuilder().calcs(['lastNotNull']))
    .withTarget(target({ expr: spec.expr, legend: spec.title }, 0));
  if (spec.decimals !== undefined) panel.decimals(spec.decimals);
  if (spec.whenNothing !== undefined) panel.noValue(spec.whenNothing);
  return panel;
}

/** Values over time: lines, or stacked areas for shares of a whole. */
export function chart(
  spec: Explained & {
    readonly queries: readonly Query[];
    readonly stacked?: boolean;
    readonly max?: number;
    /** Marks single observations, which lead to their traces. */
    readonly exemplars?: boolean;
  },
): PanelBuilder {
  const panel = new TimeseriesBuilder()
    .title(spec.title)
    .description(describe(spec))
    .datasource(prometheus)
    .height(height.chart)
    .span(spec.width)
    .unit(spec.unit ?? 'short')
    .min(0)
    .colorScheme(new FieldColorBuilder().mode(FieldColorModeId.PaletteClassic))
    .drawStyle(GraphDrawStyle.Line)
    .lineInterpolation(LineInterpolation.Linear)
    .lineWidth(spec.stacked === true ? 1 : 2)
    .fillOpacity(spec.stacked === true ? 45 : 8)
    .gradientMode(GraphGradientMode.Opacity)
    .showPoints(VisibilityMode.Never)
    .legend(
      new VizLegendOptionsBuilder()
        .showLegend(true)
        .displayMode(LegendDisplayMode.List)
        .placement(LegendPlacement.Bottom)
        .calcs(['lastNotNull']),
    )
    .tooltip(
      new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi).sort(SortOrder.Descending),
    )
    .targets(spec.queries.map((query, n) => target(query, n).exemplar(spec.exemplars === true)));
  if (spec.max !== undefined) panel.max(spec.max);
  if (spec.stacked === true) {
    panel.stacking(new StackingConfigBuilder().mode(StackingMode.Normal).group('A'));
  }
  spec.queries.forEach(({ color: fixedColor }, n) => {
    if (fixedColor === undefined) return;
    panel.overrideByQuery(refIdOf(n), [
      { id: 'color', value: { mode: FieldColorModeId.Fixed, fixedColor } },
    ]);
  });
  return panel;
}

/** A histogram over time: the darker a cell, the more observations fell into its bucket then. */
export function heatmap(
  spec: Explained & {
    /** A rate of buckets, summed by `le`. */
    readonly expr: string;
    readonly exemplars?: boolean;
  },
): PanelBuilder {
  return new HeatmapBuilder()
    .title(spec.title)
    .description(describe(spec))
    .datasource(prometheus)
    .height(height.chart)
    .span(spec.width)
    .calculate(false)
    .cellGap(1)
    .showValue(VisibilityMode.Never)
    .color(
      new HeatmapColorOptionsBuilder()
        .mode(HeatmapColorMode.Scheme)
        .scheme('Blues')
        .fill(color.main)
        .exponent(0.5)
        .steps(64),
    )
    .exemplarsColor(color.warning)
    .yAxis(new YAxisConfigBuilder().unit(spec.unit ?? 'short').axisPlacement(AxisPlacement.Left))
    .tooltip(new HeatmapTooltipBuilder().mode(TooltipDisplayMode.Single).yHistogram(true))
    .hideLegend()
    .withTarget(
      target({ expr: spec.expr, legend: '{{le}}' }, 0)
        .format(PromQueryFormat.Heatmap)
        .exemplar(spec.exemplars === true),
    );
}

/** A row for each node, coloured by a state that is a number. */
export function states(
  spec: Explained & {
    readonly expr: string;
    /** Text and colour of each value, from the lowest. */
    readonly values: readonly (readonly [value: number, text: string, color: Color])[];
  },
): PanelBuilder {
  const options = Object.fromEntries(
    spec.values.map(([value, text, shade], index) => [value, { text, color: shade, index }]),
  );
  return new StateTimelineBuilder()
    .title(spec.title)
    .description(describe(spec))
    .datasource(prometheus)
    .height(height.chart)
    .span(spec.width)
    .mappings([{ type: 'value', options } as never])
    .colorScheme(new FieldColorBuilder().mode(FieldColorModeId.Thresholds))
    .thresholds(
      thresholds(spec.values.map(([value, , shade], n) => [n === 0 ? null : value, shade])),
    )
    .showValue(VisibilityMode.Never)
    .mergeValues(true)
    .rowHeight(0.8)
    .fillOpacity(75)
    .lineWidth(0)
    .legend(
      new VizLegendOptionsBuilder()
        .showLegend(true)
        .displayMode(LegendDisplayMode.List)
        .placement(LegendPlacement.Bottom),
    )
    .withTarget(target({ expr: spec.expr, legend: '{{node}}' }, 0));
}

/** A count over the dashboard's time range that should be 0. */
export function shouldBeNone(spec: Explained & { readonly counter: string }): PanelBuilder {
  const expr = inRange(at(spec.counter));
  return stat({ ...spec, expr, steps: noneIsGood, decimals: 0 });
}

function describe({ means, bad }: Explained): string {
  return `${means}\n\n**Bad:** ${bad}`;
}

function thresholds(steps: Steps): ThresholdsConfigBuilder {
  return new ThresholdsConfigBuilder()
    .mode(ThresholdsMode.Absolute)
    .steps(steps.map(([value, shade]) => ({ value, color: shade })));
}

function target({ expr, legend }: Query, n: number): DataqueryBuilder {
  return new DataqueryBuilder()
    .datasource(prometheus)
    .refId(refIdOf(n))
    .expr(expr)
    .legendFormat(legend)
    .range();
}

function refIdOf(n: number): string {
  return String.fromCharCode('A'.charCodeAt(0) + n);
}
