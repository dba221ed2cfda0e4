// The greeter with go-micro: it shares registry and broker with Micro for TypeScript, and needs no sidecar.
//
//	go run . server            serves it
//	go run . client Ann        greets Ann
//	go run . listener          tells who is greeted
package main

import (
	"log"
	"os"

	"go-micro.dev/v5"
	"go-micro.dev/v5/client"
)

// topic is where those are told of who were greeted.
const topic = "greeter.greeted"

type HelloRequest struct {
	Name string `json:"name"`
}

type HelloResponse struct {
	Message string `json:"message"`
}

type Greeted struct {
	Name string `json:"name"`
}

func main() {
	if len(os.Args) < 2 {
		log.Fatal("say what to be: server, client or listener")
	}
	role, name := os.Args[1], "John"
	if len(os.Args) > 2 {
		name = os.Args[2]
	}
	os.Args = os.Args[:1] // the rest is for go-micro, which takes registry and broker of its variables
	switch role {
	case "server":
		serve(newService("greeter"))
	case "client":
		greet(newService("greeter-client"), name)
	case "listener":
		listen(newService("greeter-listener"))
	default:
		log.Fatalf("what is %s? server, client or listener", role)
	}
}

// newService speaks JSON, which every language can read.
func newService(name string) micro.Service {
	service := micro.NewService(micro.Name(name), micro.Version("1.0.0"))
	service.Init()
	check(service.Client().Init(client.ContentType("application/json")))
	return service
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
