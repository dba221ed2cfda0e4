package main

import (
	"context"
	"fmt"
	"log"
	"time"

	"go-micro.dev/v5"
	"go-micro.dev/v5/errors"
)

// Greeter has one endpoint: Greeter.Hello.
type Greeter struct {
	greeted micro.Event
}

func (g *Greeter) Hello(ctx context.Context, request *HelloRequest, response *HelloResponse) error {
	if request.Name == "" {
		return errors.BadRequest("greeter", "name: should not be empty")
	}
	if err := g.greeted.Publish(ctx, &Greeted{Name: request.Name}); err != nil {
		log.Println("not published:", err)
	}
	response.Message = "Hello " + request.Name
	return nil
}

// answerTheLast is for callers that hear a little later that the node has gone.
func answerTheLast() error {
	time.Sleep(2 * time.Second)
	return nil
}

func serve(service micro.Service) {
	greeter := &Greeter{greeted: micro.NewEvent(topic, service.Client())}
	check(micro.RegisterHandler(service.Server(), greeter))
	service.Init(micro.AfterStop(answerTheLast))
	check(service.Run()) // it ends, and deregisters, with SIGTERM
	fmt.Println("stopped")
}
