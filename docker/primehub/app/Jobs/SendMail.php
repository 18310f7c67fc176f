<?php

namespace App\Jobs;

use Illuminate\Mail\Message;
use Illuminate\Support\Facades\Mail;

class SendMail extends TrackedJob
{
    protected function work(): string
    {
        $to = (string) ($this->input['to'] ?? 'customer1@example.com');
        $subject = (string) ($this->input['subject'] ?? 'Your order');
        Mail::raw("Sent by job {$this->id}.", static fn (Message $message) => $message->to($to)->subject($subject));

        return $to;
    }
}
