/**
 * Removes consumers that have nothing pending and were not heard of for so many ms, or only the one that is named. As
 * one step: entries that a consumer is given meanwhile would be lost with it.
 */
export const REMOVE = `
local removed = 0
for _, fields in ipairs(redis.call('XINFO', 'CONSUMERS', KEYS[1], ARGV[1])) do
  local consumer = {}
  for index = 1, #fields, 2 do consumer[fields[index]] = fields[index + 1] end
  local isMeant = ARGV[3] == '' or ARGV[3] == consumer.name
  if isMeant and consumer.pending == 0 and consumer.idle >= tonumber(ARGV[2]) then
    removed = removed + redis.call('XGROUP', 'DELCONSUMER', KEYS[1], ARGV[1], consumer.name)
  end
end
return removed`;

/**
 * Takes away entries that are older than a moment (ms since 1970) and that every group of the stream is done with:
 * neither pending nor still to be read. A stream grows without end otherwise.
 */
export const TRIM = `
local from = tonumber(ARGV[1])
for _, fields in ipairs(redis.call('XINFO', 'GROUPS', KEYS[1])) do
  local group = {}
  for index = 1, #fields, 2 do group[fields[index]] = fields[index + 1] end
  local needed = group['last-delivered-id']
  if group.pending > 0 then needed = redis.call('XPENDING', KEYS[1], group.name)[2] end
  from = math.min(from, tonumber(string.match(needed, '^%d+')))
end
return redis.call('XTRIM', KEYS[1], 'MINID', '~', string.format('%.0f', from))`;
