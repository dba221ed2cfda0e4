# The greeter in Ruby: an HTTP server, and a sidecar that tells others where it is.
#
#   ruby server.rb [port]

require 'json'
require 'securerandom'
require 'socket'
require_relative 'sidecar'

$stdout.sync = true

LONGEST = 1_000_000 # bytes of a request
HEADERS = 100 # most of a request
IDLE = 60 # s that a connection may wait for its next request
QUIET = 1 # s without a call, after which every caller has heard that it goes
PATIENCE = 10 # s that it waits for that at most

# An answer that is an error: an HTTP status, and what the caller is told.
class Failure < StandardError
  attr_reader :code

  def initialize(code, detail)
    super(detail)
    @code = code
  end
end

ENDPOINTS = {
  'Greeter.Hello' => lambda do |request|
    name = request['name']
    raise Failure.new(400, 'name: should be a text that is not empty') unless name.is_a?(String) && name != ''

    Thread.new { tell(name) } # nobody waits for it
    { message: "Hello #{name}" }
  end
}.freeze

def tell(name)
  Sidecar.publish('greeter.greeted', { name: name })
rescue StandardError => e
  puts "not published: #{e.message}"
end

# What goes back. An error is an answer too: a header says that it is one.
def reply(name, body)
  [JSON.generate(carry_out(name, body)), {}]
rescue Failure => e
  failed(e.code, e.message)
rescue StandardError => e
  warn e.full_message
  failed(500, 'the greeter failed')
end

def failed(code, detail)
  ['{}', { 'Micro-Error' => JSON.generate({ id: 'greeter', code: code, detail: detail }) }]
end

def carry_out(name, body)
  endpoint = ENDPOINTS[name]
  raise Failure.new(501, 'there is no such endpoint') if endpoint.nil?
  raise Failure.new(413, "Content-Length: should be a number up to #{LONGEST}") if body.nil?

  endpoint.call(parse(body.empty? ? '{}' : body.force_encoding('UTF-8')))
end

def parse(text)
  request = JSON.parse(text) if text.valid_encoding?
  request.is_a?(Hash) ? request : raise(JSON::ParserError)
rescue JSON::ParserError
  raise Failure.new(400, 'the request should be a JSON object')
end

# How many calls run, and when the latest one ended.
class Running
  def initialize
    @lock = Mutex.new
    @calls = 0
    @latest = 0
  end

  def call
    @lock.synchronize { @calls += 1 }
    yield
  ensure
    @lock.synchronize { @calls -= 1 }
    @latest = now
  end

  # Callers hear a little later that a node goes: waits until none comes any more.
  def drain
    @latest = began = now
    sleep 0.05 until now - began > PATIENCE || (@calls.zero? && now - @latest > QUIET)
  end

  private

  def now
    Process.clock_gettime(Process::CLOCK_MONOTONIC)
  end
end

RUNNING = Running.new

# Connections as they come. One that fails, such as for want of open files, is not the last one.
def accept(server)
  loop do
    socket = server.accept
    Thread.new { serve(socket) }
  rescue SystemCallError, ThreadError => e
    puts "not accepted: #{e.message}"
    sleep 1
  end
end

# One connection: requests, one after the other, as Micro and go-micro send them.
def serve(socket)
  socket.setsockopt(:TCP, :NODELAY, true)
  loop do
    line = socket.gets("\n", 8_192) if socket.wait_readable(IDLE)
    break unless line && RUNNING.call { respond(socket, line) }
  end
rescue SystemCallError, IOError
  nil # the caller has gone
ensure
  socket.close
end

# Answers a request. False if no other one can be read behind it.
def respond(socket, line)
  headers = read_headers(socket)
  length = headers['content-length'] || '0'
  known = length.match?(/\A\d{1,9}\z/) && length.to_i <= LONGEST && !headers.key?('transfer-encoding')
  body = socket.read(length.to_i) if known
  answer(socket, *(line.start_with?('POST ') ? reply(headers['micro-endpoint'], body) : ['{}', {}]))
  known
end

def read_headers(socket)
  headers = {}
  while (line = socket.gets("\n", 65_536)&.b&.chomp) && line != ''
    name, value = line.split(':', 2)
    headers[name.to_s.downcase] = value.to_s.strip
    raise IOError, 'too many headers' if headers.size > HEADERS
  end
  headers
end

def answer(socket, body, headers)
  own = { 'Content-Type' => 'application/json', 'Content-Length' => body.bytesize }
  lines = headers.merge(own).map { |name, text| "#{name}: #{text}\r\n" }
  socket.write("HTTP/1.1 200 OK\r\n#{lines.join}\r\n#{body}")
end

server = TCPServer.new('127.0.0.1', (ARGV[0] || 0).to_i)
address = "127.0.0.1:#{server.addr[1]}"
service = {
  name: 'greeter', version: '1.0.0',
  endpoints: ENDPOINTS.keys.map { |name| { name: name } },
  nodes: [{ id: "greeter-#{SecureRandom.uuid}", address: address }]
}
Thread.new { Sidecar.keep_registered(service) }
Thread.new { accept(server) }
puts "greeter listens on #{address}"

stop = Queue.new
%w[INT TERM].each { |signal| trap(signal) { stop << signal } }
stop.pop
Sidecar.deregister(service)
RUNNING.drain
puts 'stopped'
