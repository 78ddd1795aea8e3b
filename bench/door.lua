-- Batches of the tracking API in which every event has a message id of its own.
local n_events, run, made, thread = 1, "", 0, 0
local threads = 0

function setup(new)
  new:set("thread", threads)
  threads = threads + 1
end

function init(arguments)
  n_events, run = tonumber(arguments[1]), arguments[2]
  wrk.method, wrk.path = "POST", "/v1/batch"
  wrk.headers["Content-Type"] = "application/json"
end

local head = '{"type":"track","event":"Page Viewed","anonymousId":"a-'
local tail = '","properties":{"path":"/robot/pricing","url":"https://www.acme.example/robot/pricing","title":"Pricing",'
  .. '"referrer":"https://news.example/today"},"context":{"campaign":{"name":"spring","source":"news","medium":"email"}},'
  .. '"timestamp":"2026-09-01T09:00:00.000Z"}'

function request()
  local events = {}
  for i = 1, n_events do
    made = made + 1
    events[i] = head .. (made % 5000) .. '","messageId":"' .. run .. "-" .. thread .. "-" .. made .. tail
  end
  local body = '{"writeKey":"demo-write-key","sentAt":"2026-09-01T09:00:00.100Z","batch":[' .. table.concat(events, ",") .. "]}"
  return wrk.format(nil, nil, nil, body)
end

function done(summary)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  io.write(string.format("REQUESTS %d FAILED %d MICROSECONDS %d\n", summary.requests, failed, summary.duration))
end
