# Greets somebody, in whatever language the greeter is: ruby client.rb [name]

require_relative 'sidecar'

begin
  puts Sidecar.call('greeter', 'Greeter.Hello', { name: ARGV[0] || 'John' })['message']
rescue *Sidecar::FAILURES => e
  abort e.message
end
