# Tells who is greeted: ruby listener.rb

require_relative 'sidecar'

$stdout.sync = true
Sidecar.subscribe('greeter.greeted') do |event|
  puts "heard of #{event['name']}"
end
