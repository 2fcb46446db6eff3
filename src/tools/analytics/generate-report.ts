import { z } from 'zod';
import { MEDIA_TYPES, REPORT_FORMATS, renderReport } from '../../domain/report.js';
import { Period, sinceOf } from '../arguments.js';
import { defineBuiltin } from '../builtin.js';
import { REPORT_KINDS, REPORTS } from './reports.js';

export const generateReport = defineBuiltin({
  name: 'generate_report',
  version: '1.0',
  category: 'analytics',
  description:
    'Writes a report: market (listings and sales by category), users (who did most) or executions (what the agents ' +
    'did, by agent). As JSON, CSV, Markdown or an HTML page; the document is in content.',
  isRepeatable: true,
  schema: z.strictObject({
    report: z.enum(REPORT_KINDS),
    period: Period.default('30d'),
    format: z.enum(REPORT_FORMATS).default('json'),
    title: z.string().trim().min(1).max(200).optional().describe('By default after the kind of report'),
  }),
  async execute({ report: kind, period, format, title }, { database: { db }, orgId, now }) {
    const to = now();
    const since = sinceOf(period, to);
    const content = await REPORTS[kind](db, { orgId, since });
    const report = {
      ...content,
      title: title ?? `${content.title}, last ${period}`,
      ...{ from: since.toISOString(), to: new Date(to).toISOString() },
    };
    return {
      ...{ report: kind, period, format, media_type: MEDIA_TYPES[format], rows: content.rows.length },
      content: renderReport(report, format),
    };
  },
});
