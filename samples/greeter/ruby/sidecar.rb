# What the greeter needs of a sidecar. It is HTTP, and so this is all there is to it.

require 'json'
require 'net/http'
require 'openssl'
require 'uri'

module Sidecar
  ADDRESS = ENV.fetch('MICRO_PROXY_ADDRESS', '127.0.0.1:8081')
  SIDECAR = URI(ADDRESS.include?('://') ? ADDRESS : "http://#{ADDRESS}") # https:// trusts SSL_CERT_FILE
  TOKEN = ENV.fetch('MICRO_TOKEN', '')
  REGISTERING = Mutex.new
  FAILURES = [
    SystemCallError, IOError, SocketError, Timeout::Error, RuntimeError, OpenSSL::SSL::SSLError,
    JSON::ParserError, Net::ProtocolError, Net::HTTPBadResponse, Net::HTTPHeaderSyntaxError
  ].freeze

  module_function

  # Calls an endpoint of any service, in whatever language that is written.
  def call(service, endpoint, request)
    JSON.parse(ask(Net::HTTP::Post, "/#{service}/#{endpoint}", request))
  end

  def publish(topic, event)
    ask(Net::HTTP::Post, "/broker?#{URI.encode_www_form(topic: topic)}", event)
  end

  # Yields the events of a topic as they come, also when the sidecar was away in between.
  def subscribe(topic, &block)
    loop do
      begin
        listen(topic, &block)
      rescue *FAILURES => e
        puts "not listening: #{e.message}"
      end
      sleep 1
    end
  end

  def listen(topic)
    open(read_timeout: 60) do |http| # something comes at least every 25 s
      http.request(request(Net::HTTP::Get, "/broker?#{URI.encode_www_form(topic: topic)}", nil)) do |answer|
        check(answer)
        puts 'listening'
        rest = +''
        answer.read_body do |chunk|
          rest << chunk
          while (line = rest.slice!(/\A.*\n/))
            yield JSON.parse(line[6..])['body'] if line.start_with?('data: ')
          end
        end
      end
    end
  end

  # Says again and again that the service is there, so that a new sidecar hears of it too.
  def keep_registered(service)
    loop do
      begin
        REGISTERING.synchronize { ask(Net::HTTP::Post, '/registry', service) }
        sleep 5
      rescue *FAILURES => e
        puts "not registered: #{e.message}"
        sleep 1
      end
    end
  end

  def deregister(service)
    REGISTERING.lock # for good: nothing may register it again
    ask(Net::HTTP::Delete, '/registry', service)
  rescue *FAILURES => e
    puts "not deregistered: #{e.message}"
  end

  def ask(method, path, body)
    open(read_timeout: 10) do |http|
      answer = http.request(request(method, path, body))
      check(answer)
      answer.body
    end
  end

  def open(**options, &block)
    no_proxy = nil # nothing stands between us and the sidecar
    use_ssl = SIDECAR.scheme == 'https'
    Net::HTTP.start(SIDECAR.hostname, SIDECAR.port, no_proxy, use_ssl: use_ssl, **options, &block)
  end

  def request(method, path, body)
    request = method.new(path, 'Content-Type' => 'application/json')
    request['Authorization'] = "Bearer #{TOKEN}" unless TOKEN.empty?
    request.body = JSON.generate(body) if body
    request
  end

  def check(answer)
    return if answer.is_a?(Net::HTTPSuccess)

    raise "#{answer.code}: #{detail_of(answer)}"
  end

  # The sidecar says in JSON what is wrong; whatever else answers has a reason at most.
  def detail_of(answer)
    JSON.parse(answer.body)['detail']
  rescue JSON::ParserError, TypeError, NoMethodError
    answer.message
  end
end
