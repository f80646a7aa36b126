-- Asks for another key with every request: those in the file KEYS, one a line, in an order that SEED decides.
local keys, form = {}, os.getenv("FORM")
for line in io.lines(os.getenv("KEYS")) do keys[#keys + 1] = line end
math.randomseed(tonumber(os.getenv("SEED")))
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/x-www-form-urlencoded"

function request()
  local key = keys[math.random(#keys)]
  if form == "library" then
    wrk.headers["Authorization"] = "Api-Key " .. key
    return wrk.format(nil, nil, nil, "token=x")
  end
  wrk.headers["Authorization"] = "Bearer " .. os.getenv("GATEWAY")
  return wrk.format(nil, nil, nil, "token=" .. key)
end

function done(summary, latency, requests)
  io.write(string.format(
    '{"requests": %d, "seconds": %f, "median_ms": %f, "p99_ms": %f, "errors": %d}\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
    summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.status + summary.errors.timeout))
end
