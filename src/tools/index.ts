import { generateReport } from './analytics/generate-report.js';
import { getUserMetrics } from './analytics/get-user-metrics.js';
import type { BuiltinTool } from './builtin.js';
import { curateContent } from './content/curate-content.js';
import { generateContent } from './content/generate-content.js';
import { analyzeMarketPrice } from './market/analyze-market-price.js';
import { createListing } from './market/create-listing.js';
import { getListings } from './market/get-listings.js';
import { cancelScheduledTask } from './scheduling/cancel-scheduled-task.js';
import { scheduleTask } from './scheduling/schedule-task.js';
import { batchProcessItems } from './system/batch-process-items.js';
import { executeAgent } from './system/execute-agent.js';
import { executeDatabaseQuery } from './system/execute-database-query.js';
import { getSystemHealth } from './system/get-system-health.js';
import { sendNotification } from './system/send-notification.js';

/** The tools that come with Mainspring. */
export const builtinTools: readonly BuiltinTool[] = [
  ...[getListings, analyzeMarketPrice, createListing],
  ...[getUserMetrics, generateReport],
  ...[generateContent, curateContent],
  ...[scheduleTask, cancelScheduledTask],
  ...[getSystemHealth, sendNotification, executeDatabaseQuery, batchProcessItems, executeAgent],
];
