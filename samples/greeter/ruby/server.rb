# The greeter in Ruby: an HTTP server, and a sidecar that tells others where it is.
#
#   ruby server.rb [port]

require 'json'
require 'securerandom'
require 'socket'
require_relative 'sidecar'

$stdout.sync = true

LONGEST = 1_000_000 # bytes of a request

ENDPOINTS = {
  'Greeter.Hello' => lambda do |request|
    name = request['name']
    raise ArgumentError, 'name: should be a text that is not empty' unless name.is_a?(String) && name != ''

    Thread.new { tell(name) } # nobody waits for it
    { message: "Hello #{name}" }
  end
}.freeze

def tell(name)
  Sidecar.publish('greeter.greeted', { name: name })
rescue StandardError => e
  puts "not published: #{e.message}"
end

# One connection: requests, one after the other, as Micro and go-micro send them.
def serve(socket)
  while (line = socket.gets("\n", 8_192))
    method, = line.split
    headers = read_headers(socket)
    length = headers['content-length'].to_i
    break if length > LONGEST

    body = socket.read(length)
    answer(socket, *(method == 'POST' ? carry_out(headers['micro-endpoint'], body) : [{}]))
  end
rescue SystemCallError, IOError
  nil # the caller has gone
ensure
  socket.close
end

def read_headers(socket)
  headers = {}
  while (line = socket.gets("\n", 65_536)&.chomp) && line != ''
    name, value = line.split(':', 2)
    headers[name.downcase] = value.to_s.strip
  end
  headers
end

def carry_out(name, body)
  endpoint = ENDPOINTS[name]
  return fail_with(501, 'there is no such endpoint') if endpoint.nil?

  [endpoint.call(JSON.parse(body.empty? ? '{}' : body))]
rescue ArgumentError, JSON::ParserError => e
  fail_with(400, e.message)
end

# An error is an answer too: a header says that it is one.
def fail_with(code, detail)
  [{}, { 'Micro-Error' => JSON.generate({ id: 'greeter', code: code, detail: detail }) }]
end

def answer(socket, value, headers = {})
  body = JSON.generate(value)
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
Thread.new { loop { Thread.new(server.accept) { |socket| serve(socket) } } }
puts "greeter listens on #{address}"

stop = Queue.new
%w[INT TERM].each { |signal| trap(signal) { stop << signal } }
stop.pop
Sidecar.deregister(service)
puts 'stopped'
