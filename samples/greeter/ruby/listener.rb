# Tells who is greeted: ruby listener.rb

require_relative 'sidecar'

$stdout.sync = true
Sidecar.subscribe('greeter.greeted') do |event|
  name = event['name'] if event.is_a?(Hash)
  puts "heard of #{name || 'somebody'}"
end
